// The function that XLA calls to launch the kernel. It accesses the CUDA driver through its library
// only, so that neither CUDA's headers nor its compiler are needed.

#include <dlfcn.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

namespace {

constexpr int MOST_POINTERS = 64;

struct Arguments {
  // The kernel's structure has room for exactly its pointers, then the number of minibatches.
  void* at[MOST_POINTERS + 1];
};

// Writes the pointers to all buffers, followed by the number of minibatches.
int collect(ffi::RemainingArgs arguments, ffi::RemainingRets results, Arguments& packed, ffi::AnyBuffer& last) {
  int n = 0;
  for (size_t i = 0; i < arguments.size(); ++i) packed.at[n++] = arguments.get<ffi::AnyBuffer>(i)->untyped_data();
  for (size_t i = 0; i < results.size(); ++i) {
    auto result = results.get<ffi::AnyBuffer>(i);
    packed.at[n++] = (*result)->untyped_data();
    last = **result;
  }
  const auto rows = arguments.get<ffi::AnyBuffer>(1)->dimensions();
  const std::int32_t n_minibatches = static_cast<std::int32_t>(rows[0]);
  std::memcpy(&packed.at[n], &n_minibatches, sizeof n_minibatches);
  return n;
}

}  // namespace

#ifdef EMULATED

namespace {
std::mutex guard;
std::map<std::string, void (*)(const void*), std::less<>> kernels;
}  // namespace

extern "C" void autoenc_add_emulated(const char* program, void (*kernel)(const void*)) {
  const std::lock_guard<std::mutex> lock(guard);
  kernels[program] = kernel;
}

static ffi::Error launch(std::string_view program, ffi::RemainingArgs arguments, ffi::RemainingRets results) {
  Arguments packed;
  ffi::AnyBuffer arrivals = *arguments.get<ffi::AnyBuffer>(0);
  collect(arguments, results, packed, arrivals);
  std::memset(arrivals.untyped_data(), 0, sizeof(std::uint32_t));
  const std::lock_guard<std::mutex> lock(guard);
  kernels.find(program)->second(&packed);
  return ffi::Error::Success();
}

XLA_FFI_DEFINE_HANDLER_SYMBOL(ThinBlock, launch,
                              ffi::Ffi::Bind().Attr<std::string_view>("program").RemainingArgs().RemainingRets());

#else

namespace {

using Result = int;
using Function = void*;
using Module = void*;

struct Driver {
  Result (*load)(Module*, const void*);
  Result (*get)(Function*, Module, const char*);
  Result (*set)(Function, int, int);
  Result (*launch)(Function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**);
  Result (*fill)(std::uintptr_t, unsigned, size_t, void*);
  Result (*context)(void**);
};

constexpr int MAX_DYNAMIC_SHARED_BYTES = 8;  // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES

struct Kernel {
  std::string image;
  int grid, threads, shared_bytes;
  std::map<void*, Function> loaded;  // by context, which means by device
};

std::mutex guard;
std::map<std::string, Kernel, std::less<>> kernels;

template <typename Pointer>
bool find(void* library, const char* name, Pointer& pointer) {
  pointer = reinterpret_cast<Pointer>(dlsym(library, name));
  return pointer != nullptr;
}

const Driver* driver() {
  static Driver found;
  static const bool there = [] {
    void* library = dlopen("libcuda.so.1", RTLD_NOW);
    return library && find(library, "cuModuleLoadData", found.load) && find(library, "cuModuleGetFunction", found.get) &&
           find(library, "cuFuncSetAttribute", found.set) &&
           find(library, "cuLaunchCooperativeKernel", found.launch) &&
           find(library, "cuMemsetD32Async", found.fill) && find(library, "cuCtxGetCurrent", found.context);
  }();
  return there ? &found : nullptr;
}

ffi::Error failed(const char* what, Result code) {
  return ffi::Error::Internal(std::string(what) + " failed with CUDA error " + std::to_string(code));
}

}  // namespace

extern "C" void autoenc_add_kernel(const char* program, const char* image, size_t size, int grid, int threads,
                                   int shared_bytes) {
  const std::lock_guard<std::mutex> lock(guard);
  kernels.try_emplace(program, Kernel{std::string(image, size), grid, threads, shared_bytes, {}});
}

static ffi::Error launch(void* stream, std::string_view program, ffi::RemainingArgs arguments,
                         ffi::RemainingRets results) {
  const Driver* cuda = driver();
  if (!cuda) return ffi::Error::Internal("libcuda.so.1 lacks what a cooperative launch needs");
  Arguments packed;
  ffi::AnyBuffer arrivals = *arguments.get<ffi::AnyBuffer>(0);
  collect(arguments, results, packed, arrivals);
  const std::lock_guard<std::mutex> lock(guard);
  auto found = kernels.find(program);
  if (found == kernels.end()) return ffi::Error::Internal("the kernel " + std::string(program) + " is not known");
  Kernel& kernel = found->second;
  void* context = nullptr;
  if (Result code = cuda->context(&context)) return failed("cuCtxGetCurrent", code);
  Function& function = kernel.loaded[context];
  if (!function) {
    Module module = nullptr;
    if (Result code = cuda->load(&module, kernel.image.data())) return failed("cuModuleLoadData", code);
    if (Result code = cuda->get(&function, module, "thin_block")) return failed("cuModuleGetFunction", code);
    if (Result code = cuda->set(function, MAX_DYNAMIC_SHARED_BYTES, kernel.shared_bytes))
      return failed("cuFuncSetAttribute", code);
  }
  const auto address = reinterpret_cast<std::uintptr_t>(arrivals.untyped_data());
  if (Result code = cuda->fill(address, 0, 1, stream)) return failed("cuMemsetD32Async", code);
  void* parameters[] = {&packed};
  if (Result code = cuda->launch(function, kernel.grid, 1, 1, kernel.threads, 1, 1, kernel.shared_bytes, stream, parameters))
    return failed("cuLaunchCooperativeKernel", code);
  return ffi::Error::Success();
}

XLA_FFI_DEFINE_HANDLER_SYMBOL(ThinBlock, launch,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::PlatformStream<void*>>()
                                  .Attr<std::string_view>("program")
                                  .RemainingArgs()
                                  .RemainingRets());

#endif
