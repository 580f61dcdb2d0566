/* Products of few rows with rows, A B', for which nothing has to be turned. */

#pragma once
#include "tiles.h"

#ifdef __AVX512F__
constexpr int ROWS_OF_DOTS = 10;
#else
constexpr int ROWS_OF_DOTS = 5;
#endif

/* A vector that is read once: as an operand in memory it would be for each use. */
static inline Vector in_register(Vector v) {
#ifdef __AVX__
  __asm__("" : "+v"(v));
#endif
  return v;
}

/* Products of R rows of A, which are terms, with two rows of B, which are K floats, but for the
   sum of their lanes. That of rows r and j goes to products[r][j]. */
template <class Terms, int R>
static void two_columns(Matrix A, const float* B, long ldb, int K, Vector (*products)[LANES]) {
  constexpr int STEP = LANES * Terms::FLOATS;
  Vector sum[R][2];
  UNROLLED (int r = 0; r < R; r++) sum[r][0] = sum[r][1] = Vector{};
  const float *a = A.data, *second = B + ldb;
  for (; K >= STEP; K -= STEP, a += LANES, B += STEP, second += STEP) {
    Vector b[2] = {Terms::of_row(B), Terms::of_row(second)};
    UNROLLED (int r = 0; r < R; r++) {
      Vector left = in_register(load(a + r * A.rows));
      UNROLLED (int j = 0; j < 2; j++) sum[r][j] = Terms::add(sum[r][j], left, b[j]);
    }
  }
  Vector b[2] = {Terms::of_row(B, K), Terms::of_row(second, K)};
  int left_over = (K + Terms::FLOATS - 1) / Terms::FLOATS;
  UNROLLED (int r = 0; r < R; r++)
    UNROLLED (int j = 0; j < 2; j++)
      products[r][j] = Terms::add(sum[r][j], load_some(a + r * A.rows, left_over), b[j]);
}

/* The same for so many rows of A. */
template <class Terms, int R = ROWS_OF_DOTS>
static void two_columns_of(int height, Matrix A, const float* B, long ldb, int K,
                           Vector (*products)[LANES]) {
  if constexpr (R > 1)
    if (height < R) return two_columns_of<Terms, R - 1>(height, A, B, ldb, K, products);
  two_columns<Terms, R>(A, B, ldb, K, products);
}

/* The sums of the lanes of LANES vectors. */
static inline Vector added_up(Vector* vectors) {
  exchange(vectors);
  UNROLLED (int n = LANES / 2; n; n /= 2)
    UNROLLED (int i = 0; i < n; i++) vectors[i] += vectors[i + n];
  return vectors[0];
}

/* So many rows, and LANES columns, of C = alpha A B' (+ C), but for the first lanes. */
template <class Terms>
static void dots(int height, Matrix A, const float* B, long ldb, int K, float* C, long ldc, float alpha,
                 bool add, int skip) {
  Vector products[ROWS_OF_DOTS][LANES];
  for (int j = 0; j < LANES; j += 2)
    two_columns_of<Terms>(height, A, B + j * ldb, ldb, K, (Vector(*)[LANES])&products[0][j]);
  for (int r = 0; r < height; r++) put(C + r * ldc, alpha, added_up(products[r]), add, skip);
}
