/* Products of many rows with a matrix, summed as in product.h, so that they have the same bytes.

   Rows of A are read from memory once. A few of them stay in the first cache, while they are
   multiplied by panels of B, which are in the second cache. With fewer rows, filling the panels takes
   longer than it saves.

   A BLAS copies rows of A as well, in the order in which its tiles read them. See Goto and van de
   Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34 (2008). Here, the copies
   would take longer than they save. */

#pragma once
#include <unistd.h>

#include "panels.h"
#include "workers.h"

namespace {

constexpr int MANY_ROWS = 256;            /* from which on this is faster in one thread, ... */
constexpr int ROWS_OF_A_THREAD = 96;      /* ... and that are worth another thread, which copies B too */
constexpr int MOST_TERMS = 512;  /* of TALL rows, which fit the first cache */

/* Number of values of panels, which fill nearly half of the second cache. Rows of A and C pass through
   the other half. */
static inline int panel_values() {
#ifdef _SC_LEVEL2_CACHE_SIZE
  static const long cache = sysconf(_SC_LEVEL2_CACHE_SIZE);
#else
  const long cache = 0;
#endif
  return (cache > 0 ? cache * 9 / 20 : 640 * 1024) / sizeof(Real);
}

class ManyRows {
 public:
  /* C (m, n) = A (m, K) B (K, n), for n of at least LANES. */
  ManyRows(int m, int n, int K, const Real* A, long lda, Operand B, Real* C)
      : n(n), K(K), A{A, lda, 1}, B(B), C(C), m(m),
        chunks(chunks_for((double)m * n * K, std::min(Workers::count(), m / ROWS_OF_A_THREAD))) {
    const int values = panel_values(), most = values / DEPTH, passes = (n + most - 1) / most;
    width = (n + passes * TILE - 1) / (passes * TILE) * TILE;
    terms = std::max(DEPTH, std::min(MOST_TERMS, values / width));
  }

  /* Throws std::bad_alloc if there is no memory for panels. */
  void multiply() {
    thread_local Buffer buffer;
    panels = buffer.of(chunks * length_of_panels(terms, width));
    Workers::share(chunks, work, this);
  }

 private:
  int n, K;
  Matrix A;
  Operand B;
  Real* C;
  int m, chunks;
  int width, terms;  /* of the part of B that is in panels at a time */
  Real* panels = nullptr;

  static void work(const void* what, int chunk) {
    const ManyRows& all = *(const ManyRows*)what;
    Real* panels = all.panels + chunk * length_of_panels(all.terms, all.width);
    for (int j = 0; j < all.n; j += all.width)
      for (int k = 0, deep; k < all.K; k += deep) {
        deep = all.whole_blocks(k);
        Part part = {all, j, std::min(all.n - j, all.width), k, deep, panels};
        part.add(cut(all.m, TALL, chunk, all.chunks), cut(all.m, TALL, chunk + 1, all.chunks));
      }
  }

  /* Returns the number of terms, from k on, of as many whole blocks as fit. */
  int whole_blocks(int k) const {
    int deep = depth_of(K - k);
    while (k + deep < K && deep + depth_of(K - k - deep) <= terms) deep += depth_of(K - k - deep);
    return deep;
  }

  /* Some terms of some columns of B, in panels. */
  struct Part {
    const ManyRows& all;
    int first, n, k, deep;
    Real* panels;

    void add(int begin, int end) const {
      for (int j = 0; j < n; j += TILE)
        Panel<Floats>::fill(all.B.column(first + j), all.K, k, deep, n - j, Columns(std::min(TILE, n - j)), panel(j));
      for (int i = begin, height; i < end; i += height) {
        height = std::min(TALL, end - i);
        multiply(i, height, std::min(TALL, end - i - height));
      }
    }

    Real* panel(int j) const { return panels + (long)j * deep; }

    /* Multiplies rows by all panels, and loads the next rows into the first cache meanwhile. */
    void multiply(int i, int height, int next) const {
      for (int j = 0, loaded = 0; j < n; j += TILE) {
        for (; loaded < next * std::min(n, j + TILE) / n; loaded++)
          for (int q = 0; q < deep; q += LANES) __builtin_prefetch(all.A.from(i + height + loaded, k + q).data);
        Columns columns(std::min(TILE, n - j));
        Real* c = all.C + (long)i * all.n + first + j;
        for (int q = 0, depth; q < deep; q += depth) {
          depth = depth_of(all.K - k - q);
          const Matrix some = all.A.from(i, k + q);
          tile_of<Floats>(height, {{some, some}, {depth, 0}}, in_panel(panel(j) + q * TILE), c, all.n, columns, 1, k + q > 0 ? 1 : 0);
        }
      }
    }
  };
};

}  // namespace
