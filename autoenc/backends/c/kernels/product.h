/* C (m, n) = alpha A (m, K) B (K, n) + beta C, everything row-major, shared among threads.

   Every entry is summed in the same order, regardless of the number of threads and of its position
   in C, so that it has the same bytes. A thread has the same columns in every product: minibatches
   are multiplied by the same weights again and again, and the weights stay in its core's cache. */

#pragma once
#include <algorithm>
#include <new>

#include "dots.h"
#include "panels.h"
#include "workers.h"

namespace {

/* Columns of a chunk. A chunk is narrower than a vector only if it is the only one. */
struct Span {
  int begin, end;
  Span(int n, int chunk, int chunks)
      : begin(cut(n, TILE, chunk, chunks)), end(cut(n, TILE, chunk + 1, chunks)) {
    if (end == n && n - begin < LANES && chunk) begin = n;
    if (end < n && n - end < LANES) end = n;
  }
};

/* The factors of a product, or of a sum of two products: A1 B1 + A2 B2 is [A1 A2] times B1 and B2
   stacked. */
struct Factors {
  int m, n, K[2];
  Operand A[2], B[2];
  Real alpha, beta;
  Real* C;
  long ldc;
  Real* panels = nullptr;  /* memory for B's terms that is shared with another product */
  bool packed = false;
  bool by_columns = false;  /* whether the algorithm must not depend on the number of rows of A */
  bool afar = false;        /* whether B is large and used once, so that it is in no cache */
};

/* `Terms` defines how floats are converted to terms. */
template <class Terms> class Product : Factors {
 public:
  explicit Product(const Factors& factors) : Factors(factors) {
    for (int part = 0; part < 2; part++) terms[part] = (K[part] + Terms::FLOATS - 1) / Terms::FLOATS;
  }

  void multiply() {
    if ((!m && !panels) || !n) return;
    if (!terms[0] && !terms[1]) return add_nothing();
    try {
      bring_left();
      if (n < LANES) return narrow();
    } catch (const std::bad_alloc&) {
      return entry_by_entry();
    }
    chunks = chunks_for((double)m * n * (terms[0] + terms[1]), (n + TILE - 1) / TILE);
    Workers::share(chunks, work, this);
  }

 private:
  Matrix left[2] = {};  /* A, in terms */
  int terms[2] = {}, chunks = 1;

  static void work(const void* what, int chunk) {
    const Product& product = *(const Product*)what;
    product.has_dots() ? product.columns_of_dots(chunk) : product.columns(chunk);
  }

  /* Whether to multiply rows of A by rows of B in place, which pays off if B is read only a few times. */
  bool has_dots() const {
    return !by_columns && B[0].turned && !A[0].turned && !K[1] && !panels && n >= LANES && m <= MOST_DOTS &&
           terms[0] >= 8 * LANES;
  }

  /* Some rows of A stay in the first cache, while the rows of B are read once. */
  void columns_of_dots(int chunk) const {
    Span span(n, chunk, chunks);
    int groups = (m + ROWS_OF_DOTS - 1) / ROWS_OF_DOTS;
    for (int i = 0, height; groups; groups--, i += height) {
      height = (m - i) / groups;
      for (int j = span.begin; j < span.end; j += LANES) {
        Columns columns(std::min(span.end - j, LANES));
        auto some = afar ? dots<Terms, true> : dots<Terms, false>;
        some(height, left[0].from(i, 0), B[0].column(j + columns.at[0]).data, B[0].ld, K[0],
             C + i * ldc + j, ldc, columns, alpha, beta);
      }
    }
  }

  /* Returns the term of entry (i, j) of C; C is not read if beta is 0. */
  Real kept(long i, long j) const { return beta == 0 ? 0 : beta * C[i * ldc + j]; }

  void add_nothing() const {
    for (long i = 0; i < m; i++)
      for (long j = 0; j < n; j++) C[i * ldc + j] = kept(i, j);
  }

  /* Computes without memory for copies. Panels for another product must be filled all the same. */
  void entry_by_entry() const {
    for (int i = 0; i < m; i++)
      for (int j = 0; j < n; j++) {
        Real sum = 0;
        for (int part = 0; part < 2; part++)
          for (int k = 0; k < K[part]; k++)
            sum += Terms::product(*A[part].row(i).column(k).data, *B[part].row(k).column(j).data);
        C[i * ldc + j] = alpha * sum + kept(i, j);
      }
    if (!panels || packed) return;
    for (int k = 0, depth; k < terms[0]; k += depth) {
      depth = depth_of(terms[0] - k);
      for (int j = 0; j < n; j += TILE)
        copy_right(0, k, depth, j, Columns(std::min(TILE, n - j)), panels + (long)j * terms[0] + k * TILE);
    }
  }

  /* Sets where A's terms are: in place, or in a copy. */
  void bring_left() {
    for (int part = 0; part < 2; part++) {
      const Operand& a = A[part];
      left[part] = a.turned ? Matrix{a.data, 1, a.ld} : Matrix{a.data, a.ld, 1};
    }
    if (Terms::FLOATS > 1 || has_dots()) copy_left();
  }

  void copy_left() {
    long length[2];
    for (int part = 0; part < 2; part++) {
      bool turned = A[part].turned;
      long row = padded(turned ? m : terms[part]);
      left[part] = {nullptr, turned ? 1 : row, turned ? row : 1};
      length[part] = row * (turned ? terms[part] : m);
    }
    thread_local Buffer buffer;
    left[0].data = buffer.of(length[0] + length[1]);
    left[1].data = left[0].data + length[0];
    chunks = chunks_for(4. * (length[0] + length[1]), 8);
    Workers::share(chunks, copy_some, this);
  }

  /* A length rounded up to whole vectors. */
  static long padded(int n) { return (n + LANES - 1L) / LANES * LANES; }

  static void copy_some(const void* what, int chunk) {
    const Product& p = *(const Product*)what;
    for (int part = 0; part < 2; part++) {
      bool turned = p.A[part].turned;
      int n_rows = turned ? p.terms[part] : p.m;
      for (int row = cut(n_rows, 1, chunk, p.chunks); row < cut(n_rows, 1, chunk + 1, p.chunks); row++)
        turned ? p.copy_turned(part, row) : p.copy_row(part, row);
    }
  }

  void copy_row(int part, int i) const {
    const Real* from = A[part].data + i * A[part].ld;
    Real* to = (Real*)left[part].from(i, 0).data;
    for (int k = 0; k < K[part]; k += LANES * Terms::FLOATS, to += LANES)
      store(to, Terms::of_row(from + k, K[part] - k));
  }

  void copy_turned(int part, int k) const {
    Real* to = (Real*)left[part].from(0, k).data;
    for (int i = 0; i < m; i += LANES)
      store(to + i, Terms::of_columns(A[part].data + i, A[part].ld, k, K[part], m - i));
  }

  /* Computes one tile of C after the other, one block of terms after the other. */
  void columns(int chunk) const {
    Span span(n, chunk, chunks);
    alignas(64) Real some[DEPTH * TILE];
    int all = terms[0] + terms[1];
    for (int k = 0, depth; k < all; k += depth) {
      depth = depth_of(all - k);
      for (int j = span.begin; j < span.end; j += TILE) {
        Columns columns(std::min(TILE, span.end - j));
        Real* panel = panels ? panels + (long)j * all + k * TILE : some;
        block(k, depth, j, columns, panel);
      }
    }
  }

  /* Adds a block of terms to the columns of one tile. */
  void block(int k, int depth, int j, const Columns& columns, Real* panel) const {
    Left left = left_from(k, depth);
    if (!packed && packs(k, depth, columns)) {
      const Real* data = B[0].data + (long)k * Terms::FLOATS * B[0].ld + j;
      Packing<Terms> packing = {data, B[0].ld, columns.at, panel};
      strip<Terms>(m, left, packing, C + j, ldc, columns, alpha, k > 0 ? 1 : beta);
    } else {
      Right right = bring_right(k, depth, j, columns, panel);
      strip<Terms>(m, left, right, C + j, ldc, columns, alpha, k > 0 ? 1 : beta);
    }
  }

  /* Number of terms, from k on, that belong to the first product. */
  int of_first(int k, int depth) const {
    int some = terms[0] - k;
    return some < 0 ? 0 : some < depth ? some : depth;
  }

  Left left_from(int k, int depth) const {
    int some = of_first(k, depth);
    return {{left[0].from(0, k), left[1].from(0, some ? 0 : k - terms[0])}, {some, depth - some}};
  }

  /* Whether rows of one B can be read in place, in whole vectors. */
  bool as_it_is(int k, int depth) const {
    return !B[0].turned && of_first(k, depth) == depth && n >= LANES;
  }

  /* Whether to copy these terms into the panel while they are used for the first tile. */
  bool packs(int k, int depth, const Columns& columns) const {
    return as_it_is(k, depth) && (Terms::FLOATS > 1 || m >= 64) && m > TALL &&
           columns.n_vectors == WIDE && (k + depth) * Terms::FLOATS <= K[0];
  }

  /* Returns where B's terms are: in place, or copied into a panel. */
  Right bring_right(int k, int depth, int j, const Columns& columns, Real* panel) const {
    if (packed) return in_panel(panel);
    if (Terms::FLOATS == 1 && !panels && as_it_is(k, depth) && m < 64)
      return {B[0].data + k * B[0].ld + j, B[0].ld, columns.at};
    int some = of_first(k, depth);
    copy_right(0, k, some, j, columns, panel);
    copy_right(1, some ? 0 : k - terms[0], depth - some, j, columns, panel + some * TILE);
    return in_panel(panel);
  }

  void copy_right(int part, int k, int depth, int j, const Columns& columns, Real* panel) const {
    Panel<Terms>::fill(B[part].column(j), K[part], k, depth, n - j, columns, panel);
  }

  /* For C with fewer columns than a vector has lanes. A BLAS would be as fast for such a small
     product, but its result for a row can depend on the position of the row in A. */
  void narrow() const {
    alignas(64) Real some[DEPTH * TILE];
    thread_local Buffer buffer;
    Real* result = buffer.of((long)m * LANES);
    Columns columns(LANES);
    int all = terms[0] + terms[1];
    for (int k = 0, depth; k < all; k += depth) {
      depth = depth_of(all - k);
      Right right = bring_right(k, depth, 0, columns, panels ? panels + k * TILE : some);
      strip<Terms>(m, left_from(k, depth), right, result, LANES, columns, alpha, k > 0 ? 1 : 0);
    }
    for (long i = 0; i < m; i++)
      for (int j = 0; j < n; j++)
        C[i * ldc + j] = result[i * LANES + j] + kept(i, j);
  }
};

static inline bool is_turned(const char* letter) { return *letter != 'n' && *letter != 'N'; }

}  // namespace
