/* Convolutions of images with one to three axes (correlations: the filters are not flipped).

   Patches of an image become the columns of a matrix, one part at a time that fits the caches,
   and are multiplied by a matrix whose rows are the filters. Threads take whole parts. Sums to which
   several threads contribute are added up in an order that does not depend on their number. */

#include <algorithm>
#include <cstring>
#include <vector>

#include "blas.h"
#include "workers.h"

extern "C" void autoenc_sgemm_(const char*, const char*, const int*, const int*, const int*, const float*,
                               const float*, const int*, const float*, const int*, const float*, float*,
                               const int*);
extern "C" void autoenc_dgemm_(const char*, const char*, const int*, const int*, const int*, const double*,
                               const double*, const int*, const double*, const int*, const double*, double*,
                               const int*);

static void gemm(const char* b, const char* a, int n, int m, int k, const float* B, int ldb, const float* A,
                 int lda, float beta, float* C, int ldc) {
  float one = 1;
  autoenc_sgemm_(b, a, &n, &m, &k, &one, B, &ldb, A, &lda, &beta, C, &ldc);
}

static void gemm(const char* b, const char* a, int n, int m, int k, const double* B, int ldb,
                 const double* A, int lda, double beta, double* C, int ldc) {
  double one = 1;
  autoenc_dgemm_(b, a, &n, &m, &k, &one, B, &ldb, A, &lda, &beta, C, &ldc);
}

/* Sizes as filled in by Python. Images are (n, channels, *image), filters (filters, channels /
   groups, *kernel), and outputs (n, filters, *out). */
struct Sizes {
  long n, channels, filters, groups, image[3], kernel[3], out[3], before[3], stride[3], dilation[3];

  long image_length() const { return image[0] * image[1] * image[2]; }
  long kernel_length() const { return kernel[0] * kernel[1] * kernel[2]; }
  long rows() const { return out[0] * out[1]; }
  long pixels() const { return rows() * out[2]; }
  long channels_each() const { return channels / groups; }
  long filters_each() const { return filters / groups; }
  long patch() const { return channels_each() * kernel_length(); }
};

constexpr long PART = 1 << 16;  /* entries of the matrix of patches that are computed at a time */
constexpr long NARROW = 256;    /* minimum columns of a product, if there are enough images */
constexpr long SHARES = 16;     /* partial sums of gradients */
constexpr long FEWEST = 4;      /* minimum number of parts, so that as many threads have work */

/* Columns x with 0 <= x * stride - before + k * dilation < length. */
struct Inside {
  long begin, end;
  Inside(const Sizes& s, int axis, long k) {
    long offset = k * s.dilation[axis] - s.before[axis], stride = s.stride[axis];
    begin = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
    end = s.image[axis] <= offset ? 0 : (s.image[axis] - offset - 1) / stride + 1;
    end = std::min(end, s.out[axis]);
    begin = std::min(begin, end);
  }
};

/* Calls visit(row of the matrix, first column, start of the image's row or null, k of the row)
   for each row of pixels in the given range. */
template <class T, class Visit>
static void each_row(const Sizes& s, T* image, long first, long last, Visit visit) {
  long row = 0;
  for (long c = 0; c < s.channels_each(); c++, image += s.image_length())
    for (long kz = 0; kz < s.kernel[0]; kz++)
      for (long ky = 0; ky < s.kernel[1]; ky++)
        for (long kx = 0; kx < s.kernel[2]; kx++, row++)
          for (long r = first; r < last; r++) {
            long z = r / s.out[1] * s.stride[0] - s.before[0] + kz * s.dilation[0];
            long y = r % s.out[1] * s.stride[1] - s.before[1] + ky * s.dilation[1];
            bool inside = z >= 0 && z < s.image[0] && y >= 0 && y < s.image[1];
            visit(row, r - first, inside ? image + (z * s.image[1] + y) * s.image[2] : nullptr, kx);
          }
}

/* Copies patches: columns are the pixels of some rows, `width` of them in a row of the matrix. */
template <class T>
static void gather(const Sizes& s, const T* image, long first, long last, T* columns, long width) {
  std::vector<Inside> inside;
  for (long kx = 0; kx < s.kernel[2]; kx++) inside.emplace_back(s, 2, kx);
  each_row(s, image, first, last, [&](long row, long r, const T* from, long kx) {
    T* to = columns + row * width + r * s.out[2];
    Inside in = from ? inside[kx] : inside[0];
    if (!from) in.begin = in.end = 0;
    if (in.begin) std::memset(to, 0, in.begin * sizeof(T));
    const T* source = from + kx * s.dilation[2] - s.before[2];
    if (s.stride[2] == 1) {
      if (in.end > in.begin) std::memcpy(to + in.begin, source + in.begin, (in.end - in.begin) * sizeof(T));
    } else {
      for (long x = in.begin; x < in.end; x++) to[x] = source[x * s.stride[2]];
    }
    if (in.end < s.out[2]) std::memset(to + in.end, 0, (s.out[2] - in.end) * sizeof(T));
  });
}

/* Adds patches to the pixels from which they were copied. */
template <class T>
static void scatter(const Sizes& s, T* image, long first, long last, const T* columns, long width) {
  std::vector<Inside> inside;
  for (long kx = 0; kx < s.kernel[2]; kx++) inside.emplace_back(s, 2, kx);
  each_row(s, image, first, last, [&](long row, long r, T* to, long kx) {
    if (!to) return;
    const T* from = columns + row * width + r * s.out[2];
    T* target = to + kx * s.dilation[2] - s.before[2];
    for (long x = inside[kx].begin; x < inside[kx].end; x++) target[x * s.stride[2]] += from[x];
  });
}

template <class T>
static T* scratch(int which, long length) {
  static thread_local std::vector<T> memory[2];
  if ((long)memory[which].size() < length) memory[which].resize(length);
  return memory[which].data();
}

template <class T>
struct Job {
  Sizes s;
  const T *image, *filters, *top;  /* top: the output, or the gradient with respect to it */
  T *image_out, *filters_out, *top_out;
  long together, rows_each, image_parts, row_parts;

  /* A part consists of some images, one group and some rows. Parts, and therefore sums, do not
     depend on the number of threads. */
  void divide() {
    long matrix = std::max(1L, s.patch() * s.out[2]);
    rows_each = std::min(std::max(1L, s.rows()), std::max(1L, PART / matrix));
    bool whole = rows_each >= s.rows();
    long wanted = whole ? std::max(1L, std::min(NARROW / std::max(1L, s.pixels()), PART / std::max(1L, matrix * s.rows()))) : 1;
    together = std::max(1L, std::min(wanted, (s.n + FEWEST - 1) / FEWEST));
    image_parts = (s.n + together - 1) / together;
    row_parts = (s.rows() + rows_each - 1) / rows_each;
  }

  struct Part {
    long group, image, images, first, last, width;
  };

  Part part(long i) const {
    Part p;
    p.first = i % row_parts * rows_each;
    p.last = std::min(p.first + rows_each, s.rows());
    p.group = i / row_parts % s.groups;
    p.image = i / row_parts / s.groups * together;
    p.images = std::min(together, s.n - p.image);
    p.width = p.images * (p.last - p.first) * s.out[2];
    return p;
  }

  long parts() const { return image_parts * s.groups * row_parts; }

  long image_at(const Part& p, long i) const {
    return ((p.image + i) * s.channels + p.group * s.channels_each()) * s.image_length();
  }

  long top_at(const Part& p, long i) const {
    return ((p.image + i) * s.filters + p.group * s.filters_each()) * s.pixels() + p.first * s.out[2];
  }

  long filters_at(const Part& p) const { return p.group * s.filters_each() * s.patch(); }

  T* gathered(const Part& p) const {
    T* columns = scratch<T>(0, s.patch() * p.width);
    for (long i = 0; i < p.images; i++)
      gather(s, image + image_at(p, i), p.first, p.last, columns + i * (p.last - p.first) * s.out[2], p.width);
    return columns;
  }

  /* The gradients of some images, side by side like the columns. */
  const T* top_of(const Part& p, int* ld) const {
    if (p.images == 1) {
      *ld = (int)s.pixels();
      return top + top_at(p, 0);
    }
    T* beside = scratch<T>(1, s.filters_each() * p.width);
    long length = p.width / p.images;
    for (long f = 0; f < s.filters_each(); f++)
      for (long i = 0; i < p.images; i++)
        std::memcpy(beside + f * p.width + i * length, top + top_at(p, i) + f * s.pixels(), length * sizeof(T));
    *ld = (int)p.width;
    return beside;
  }

  void forward(const Part& p) const {
    const T* columns = gathered(p);
    int width = (int)p.width, patch = (int)s.patch(), each = (int)s.filters_each();
    bool alone = p.images == 1;
    T* target = alone ? top_out + top_at(p, 0) : scratch<T>(1, (long)each * width);
    int ld = alone ? (int)s.pixels() : width;
    gemm("N", "N", width, each, patch, columns, width, filters + filters_at(p), patch, T(0), target, ld);
    if (alone) return;
    long length = width / p.images;
    for (long f = 0; f < each; f++)
      for (long i = 0; i < p.images; i++)
        std::memcpy(top_out + top_at(p, i) + f * s.pixels(), target + f * width + i * length, length * sizeof(T));
  }

  void to_filters(const Part& p, T* sums) const {
    const T* columns = gathered(p);
    int ld, patch = (int)s.patch();
    const T* gradient = top_of(p, &ld);
    gemm("T", "N", patch, (int)s.filters_each(), (int)p.width, columns, (int)p.width, gradient, ld, T(1),
         sums + filters_at(p), patch);
  }

  void to_image(const Part& p) const {
    int ld, width = (int)p.width, patch = (int)s.patch();
    const T* gradient = top_of(p, &ld);
    T* columns = scratch<T>(0, (long)patch * width);
    gemm("N", "T", width, patch, (int)s.filters_each(), gradient, ld, filters + filters_at(p), patch, T(0), columns, width);
    for (long i = 0; i < p.images; i++)
      scatter(s, image_out + image_at(p, i), p.first, p.last, columns + i * (p.last - p.first) * s.out[2], p.width);
  }

  static void forward_chunk(const void* what, int chunk) {
    const Job& job = *(const Job*)what;
    [[maybe_unused]] OneThread one_thread;
    job.forward(job.part(chunk));
  }

  /* A chunk is all rows of some images, because rows of an image are added to the same entries. */
  static void image_chunk(const void* what, int chunk) {
    const Job& job = *(const Job*)what;
    [[maybe_unused]] OneThread one_thread;
    for (long r = 0; r < job.row_parts; r++) job.to_image(job.part(chunk * job.row_parts + r));
  }

  long filters_length() const { return s.filters * s.patch(); }
  int shares() const { return (int)std::min(SHARES, parts()); }

  static void filters_chunk(const void* what, int chunk) {
    const Job& job = *(const Job*)what;
    [[maybe_unused]] OneThread one_thread;
    T* sums = job.filters_out + chunk * job.filters_length();
    std::fill(sums, sums + job.filters_length(), T(0));
    long begin = job.parts() * chunk / job.shares(), end = job.parts() * (chunk + 1) / job.shares();
    for (long i = begin; i < end; i++) job.to_filters(job.part(i), sums);
  }

  bool empty() const { return !s.n || !s.pixels() || !s.filters || !s.patch(); }

  static void correlate(const Sizes& s, const T* image, const T* filters, T* top) {
    Job job = {s, image, filters, nullptr, nullptr, nullptr, top, 0, 0, 0, 0};
    if (job.empty()) {
      std::fill(top, top + s.n * s.filters * s.pixels(), T(0));
      return;
    }
    job.divide();
    Workers::share((int)job.parts(), forward_chunk, &job);
  }

  static void image_gradient(const Sizes& s, const T* filters, const T* top, T* image) {
    Job job = {s, nullptr, filters, top, image, nullptr, nullptr, 0, 0, 0, 0};
    std::fill(image, image + s.n * s.channels * s.image_length(), T(0));
    if (job.empty()) return;
    job.divide();
    Workers::share((int)(job.image_parts * s.groups), image_chunk, &job);
  }

  static void filters_gradient(const Sizes& s, const T* image, const T* top, T* filters) {
    Job job = {s, image, nullptr, top, nullptr, nullptr, nullptr, 0, 0, 0, 0};
    long length = job.filters_length();
    std::fill(filters, filters + length, T(0));
    if (job.empty()) return;
    job.divide();
    std::vector<T> sums(length * job.shares());
    job.filters_out = sums.data();
    Workers::share(job.shares(), filters_chunk, &job);
    for (int share = 0; share < job.shares(); share++)
      for (long i = 0; i < length; i++) filters[i] += sums[share * length + i];
  }
};

#define OF_TYPE(T)                                                                                    \
  extern "C" void autoenc_correlate_##T(const Sizes* s, const T* image, const T* filters, T* top) {    \
    Job<T>::correlate(*s, image, filters, top);                                                       \
  }                                                                                                   \
  extern "C" void autoenc_image_gradient_##T(const Sizes* s, const T* filters, const T* top, T* image) { \
    Job<T>::image_gradient(*s, filters, top, image);                                                  \
  }                                                                                                   \
  extern "C" void autoenc_filters_gradient_##T(const Sizes* s, const T* image, const T* top, T* filters) { \
    Job<T>::filters_gradient(*s, image, top, filters);                                                \
  }

OF_TYPE(float)
OF_TYPE(double)
