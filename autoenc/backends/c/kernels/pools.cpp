/* Pooling of images with three axes: the maximum, sum or mean of each window. */

#include <algorithm>

#include "workers.h"

struct Pools {  /* sizes as filled in by Python; images are (n, *image), outputs are (n, *out) */
  long n, image[3], window[3], stride[3], pad[3], out[3];
  long image_length() const { return image[0] * image[1] * image[2]; }
  long pixels() const { return out[0] * out[1] * out[2]; }
};

enum Mode { MAX, SUM, AVERAGE_WITH_PADDING, AVERAGE };

struct Window {  /* range of the image's own entries; `length` includes the padding */
  long begin, end, length;
  Window(const Pools& p, int axis, long i) {
    long start = i * p.stride[axis];
    long padded_end = std::min(start + p.window[axis], p.image[axis] + 2 * p.pad[axis]);
    begin = std::max(start - p.pad[axis], 0L);
    end = std::min(padded_end - p.pad[axis], p.image[axis]);
    length = padded_end - start;
  }
};

template <class Visit>
static void each_window(const Pools& p, Visit visit) {
  long o = 0;
  for (long i = 0; i < p.out[0]; i++) {
    Window z(p, 0, i);
    for (long j = 0; j < p.out[1]; j++) {
      Window y(p, 1, j);
      for (long k = 0; k < p.out[2]; k++) visit(o++, z, y, Window(p, 2, k));
    }
  }
}

template <class Visit>
static inline void each_entry(const Pools& p, const Window& z, const Window& y, const Window& x, Visit visit) {
  for (long i = z.begin; i < z.end; i++)
    for (long j = y.begin; j < y.end; j++) {
      long row = (i * p.image[1] + j) * p.image[2];
      for (long k = x.begin; k < x.end; k++) visit(row + k);
    }
}

static inline double divisor(int mode, const Window& z, const Window& y, const Window& x) {
  if (mode == SUM) return 1;
  if (mode == AVERAGE_WITH_PADDING) return (double)z.length * y.length * x.length;
  return (double)(z.end - z.begin) * (y.end - y.begin) * (x.end - x.begin);
}

template <class T>
struct PoolJob {
  Pools p;
  int mode;
  const T *image, *top, *gradient;
  T* result;

  void forward(long n) const {
    const T* from = image + n * p.image_length();
    T* to = result + n * p.pixels();
    each_window(p, [&](long o, const Window& z, const Window& y, const Window& x) {
      if (mode == MAX) {
        T best = from[(z.begin * p.image[1] + y.begin) * p.image[2] + x.begin];
        each_entry(p, z, y, x, [&](long i) { best = from[i] > best ? from[i] : best; });
        to[o] = best;
      } else {
        T sum = 0;
        each_entry(p, z, y, x, [&](long i) { sum += from[i]; });
        to[o] = (T)(sum / divisor(mode, z, y, x));
      }
    });
  }

  /* All entries that equal the maximum get its gradient. */
  void backward(long n) const {
    const T *from = image + n * p.image_length(), *best = top + n * p.pixels();
    const T* given = gradient + n * p.pixels();
    T* to = result + n * p.image_length();
    std::fill(to, to + p.image_length(), T(0));
    each_window(p, [&](long o, const Window& z, const Window& y, const Window& x) {
      if (mode == MAX) {
        each_entry(p, z, y, x, [&](long i) { to[i] += from[i] == best[o] ? given[o] : T(0); });
      } else {
        T part = (T)(given[o] / divisor(mode, z, y, x));
        each_entry(p, z, y, x, [&](long i) { to[i] += part; });
      }
    });
  }

  static void forward_chunk(const void* what, int chunk) {
    const PoolJob& job = *(const PoolJob*)what;
    long begin = job.begin(chunk), end = job.begin(chunk + 1);
    for (long n = begin; n < end; n++) job.forward(n);
  }

  static void backward_chunk(const void* what, int chunk) {
    const PoolJob& job = *(const PoolJob*)what;
    long begin = job.begin(chunk), end = job.begin(chunk + 1);
    for (long n = begin; n < end; n++) job.backward(n);
  }

  static constexpr long FEW = 16384;  /* entries that are too few for another thread */
  long chunks() const { return std::max(1L, std::min(p.n, p.n * p.image_length() / FEW)); }
  long begin(long chunk) const { return p.n * chunk / chunks(); }
};

#define OF_TYPE(T)                                                                                     \
  extern "C" void autoenc_pool_##T(const Pools* p, int mode, const T* image, T* result) {              \
    PoolJob<T> job = {*p, mode, image, nullptr, nullptr, result};                                      \
    Workers::share((int)job.chunks(), PoolJob<T>::forward_chunk, &job);                                \
  }                                                                                                    \
  extern "C" void autoenc_pool_gradient_##T(const Pools* p, int mode, const T* image, const T* top,    \
                                            const T* gradient, T* result) {                            \
    PoolJob<T> job = {*p, mode, image, top, gradient, result};                                         \
    Workers::share((int)job.chunks(), PoolJob<T>::backward_chunk, &job);                               \
  }

OF_TYPE(float)
OF_TYPE(double)
