/* Products A B' of a few rows A. Rows of A are multiplied by rows of B, so B need not be transposed. */

#pragma once
#include "tiles.h"

namespace {

#ifdef __AVX512F__
constexpr int ROWS_OF_DOTS = 10, MOST_DOTS = 40;
#else
constexpr int ROWS_OF_DOTS = 5, MOST_DOTS = 10;
#endif

/* Keeps a vector in a register; as a memory operand it would be read at each use. */
static inline Vector in_register(Vector v) {
#ifdef __AVX__
  __asm__("" : "+v"(v));
#endif
  return v;
}

/* Products of R rows of A, in terms, with two rows of B, of K floats, without the final sum over
   lanes. The merged products of row r go to *products[r]. `Afar` states that B is in main memory and
   in no cache. */
template <class Terms, bool Afar, int R>
static void two_columns(Matrix A, const Real* B, long ldb, int K, Vector (*products)[LANES / 2]) {
  constexpr int STEP = LANES * Terms::FLOATS;
  Vector sum[R][2];
  UNROLLED (int r = 0; r < R; r++) sum[r][0] = sum[r][1] = Vector{};
  const Real *a = A.data, *second = B + ldb;
  for (; K >= STEP; K -= STEP, a += LANES, B += STEP, second += STEP) {
    Vector b[2] = {Terms::of_row(B), Terms::of_row(second)};
    if constexpr (Afar) {  /* prefetch the next two rows, which the processor does not predict */
      __builtin_prefetch(B + 2 * ldb, 0, 2);
      __builtin_prefetch(second + 2 * ldb, 0, 2);
    }
    UNROLLED (int r = 0; r < R; r++) {
      Vector left = in_register(load(a + r * A.rows));
      UNROLLED (int j = 0; j < 2; j++) sum[r][j] = Terms::add(sum[r][j], left, b[j]);
    }
  }
  Vector b[2] = {Terms::of_row(B, K), Terms::of_row(second, K)};
  int left_over = (K + Terms::FLOATS - 1) / Terms::FLOATS;
  UNROLLED (int r = 0; r < R; r++) {
    Vector left = load_some(a + r * A.rows, left_over);
    UNROLLED (int j = 0; j < 2; j++) sum[r][j] = Terms::add(sum[r][j], left, b[j]);
    *products[r] = merged<1>(sum[r][0], sum[r][1]);
  }
}

/* The same for a given number of rows of A. */
template <class Terms, bool Afar, int R = ROWS_OF_DOTS>
static void two_columns_of(int height, Matrix A, const Real* B, long ldb, int K,
                           Vector (*products)[LANES / 2]) {
  if constexpr (R > 1)
    if (height < R) return two_columns_of<Terms, Afar, R - 1>(height, A, B, ldb, K, products);
  two_columns<Terms, Afar, R>(A, B, ldb, K, products);
}

/* The sums over lanes of LANES vectors, which have been merged in groups of S. */
template <int S = 2> static inline Vector added_up(Vector* vectors) {
  if constexpr (S == LANES)
    return vectors[0];
  else {
    UNROLLED (int i = 0; i < LANES / 2 / S; i++) vectors[i] = merged<S>(vectors[2 * i], vectors[2 * i + 1]);
    return added_up<2 * S>(vectors);
  }
}

/* Some rows, and LANES columns, of C = alpha A B' + beta C; the first `columns.skip` are unchanged. */
template <class Terms, bool Afar>
static void dots(int height, Matrix A, const Real* B, long ldb, int K, Real* C, long ldc,
                 const Columns& columns, Real alpha, Real beta) {
  Vector products[ROWS_OF_DOTS][LANES / 2];
  for (int j = 0; j < LANES; j += 2)
    two_columns_of<Terms, Afar>(height, A, B + j * ldb, ldb, K, (Vector(*)[LANES / 2])&products[0][j / 2]);
  for (int r = 0; r < height; r++) {
    Vector sums = added_up(products[r]);
    put<1>(C + r * ldc, columns, alpha, &sums, beta);
  }
}

}  // namespace
