/* Lets other libraries share work among the same threads. */

#include "workers.h"

#include "blas.h"

/* Also limits the BLAS: its sums depend on its threads, and the recorded number is that of ours. */
extern "C" void autoenc_limit_threads(int most) {
  Workers::limit_threads(most);
  OneThread::limit(most);
}

extern "C" int autoenc_threads() { return Workers::count(); }

extern "C" void autoenc_share(int n_chunks, void (*work)(const void* what, int chunk), const void* what) {
  Workers::share(n_chunks, work, what);
}

/* Lets the calling thread flush subnormal numbers to zero. Returns its state before. */
extern "C" FloatingPoint::State autoenc_flush_subnormals() {
  FloatingPoint::State before = FloatingPoint::get();
  FloatingPoint::set(FloatingPoint::flushing(before));
  return before;
}

extern "C" void autoenc_set_floating_point(FloatingPoint::State state) { FloatingPoint::set(state); }
