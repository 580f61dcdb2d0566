/* Products of matrices of which one is a minibatch: `gemm` for up to a few hundred rows.

   A BLAS copies (packs) both operands before it multiplies, which pays off if every entry is used
   hundreds of times. With a minibatch of 20 rows, each weight is used 20 times, and packing takes
   as long as the product. Here weights are read in place. Only operands that must be transposed, or
   are read repeatedly, are copied, one panel at a time. Larger products go to the BLAS with which
   this file is linked.

   A file that includes this one defines the routines for its own precision. */

#pragma once
#include <algorithm>

#include "blas.h"
#include "many_rows.h"
#include "product.h"

#ifdef DOUBLE_PRECISION
#define BLAS_GEMM BLAS_DGEMM
#define GEMM autoenc_dgemm_
#define ADD_OUTER_PRODUCTS autoenc_add_outer_products_float64
#define ROW_PRODUCTS autoenc_row_products_float64
#else
#define BLAS_GEMM BLAS_SGEMM
#define GEMM autoenc_sgemm_
#define ADD_OUTER_PRODUCTS autoenc_add_outer_products_float32
#define ROW_PRODUCTS autoenc_row_products_float32
#endif

namespace {

#ifdef __AVX512F__
constexpr int THIN = 512;  /* number of rows above which a BLAS is as fast */
#else
constexpr int THIN = 64;
#endif

/* A product computed by the BLAS in slices, each in one of our threads. The BLAS's own threads
   would spin after the product, and slow our threads down. */
struct Slices {
  char b_letter, a_letter;
  int n, m, K;
  Real alpha;
  Operand B, A;
  Real beta;
  Real* C;
  int ldc, chunks;

  static void work(const void* what, int chunk) {
    Slices slice = *(const Slices*)what;
    int& side = slice.n > slice.m ? slice.n : slice.m;
    int begin = cut(side, LANES, chunk, slice.chunks);
    side = cut(side, LANES, chunk + 1, slice.chunks) - begin;
    if (&side == &slice.n) {
      slice.B = slice.B.column(begin);
      slice.C += begin;
    } else {
      slice.A = slice.A.row(begin);
      slice.C += (long)begin * slice.ldc;
    }
    [[maybe_unused]] OneThread one_thread;
    if (side > 0) slice.multiply();
  }

  void multiply() const {
    int lda = (int)A.ld, ldb = (int)B.ld;
    BLAS_GEMM(&b_letter, &a_letter, &n, &m, &K, &alpha, B.data, &ldb, A.data, &lda, &beta, C, &ldc);
  }
};

static bool thin(const Operand& A, const Operand& B, int m, int n, int K) {
  return A.turned ? !B.turned && K <= THIN && n >= LANES : m <= THIN;
}

/* A product with few columns, computed as its transpose C' = B' A'. The long rows of C' fill whole
   vectors, whereas the short rows of C would leave vectors half empty. */
struct Turned {
  Operand A, B;
  int m, n, K;
  Real alpha, beta;
  Real* C;
  long ldc;

  static bool worth(int m, int n, int K) { return n <= 2 * LANES && m >= 4 * n && m >= 2 * LANES && K >= LANES; }

  /* Returns false if there is not enough memory. */
  bool multiply() const {
    thread_local Buffer copies;
    try {
      copies.of((long)n * (K + m));
    } catch (const std::bad_alloc&) {
      return false;
    }
    Real *weights = copies.data, *result = weights + (long)n * K;
    Operand left = {B.data, B.ld, !B.turned}, right = {A.data, A.ld, !A.turned};
    if (left.turned && right.turned) left = turned_into(weights);
    Factors factors = {n, m, {K}, {left}, {right}, alpha, 0, result, m};
    factors.afar = true;
    Product<Floats>(factors).multiply();
    for (long i = 0; i < m; i++)
      for (long j = 0; j < n; j++) C[i * ldc + j] = result[j * m + i] + (beta == 0 ? 0 : beta * C[i * ldc + j]);
    return true;
  }

 private:
  Operand turned_into(Real* weights) const {
    for (long j = 0; j < n; j++)
      for (long k = 0; k < K; k++) weights[j * K + k] = B.data[k * B.ld + j];
    return {weights, K};
  }
};

}  // namespace

/* The Fortran interface, which is column-major, so that B comes first. */
extern "C" void GEMM(const char* b_letter, const char* a_letter, const int* n, const int* m,
                               const int* K, const Real* alpha, const Real* B, const int* ldb,
                               const Real* A, const int* lda, const Real* beta, Real* C,
                               const int* ldc) {
  Operand left = {A, *lda, is_turned(a_letter)}, right = {B, *ldb, is_turned(b_letter)};
  if (Turned::worth(*m, *n, *K)) {
    Turned turned = {left, right, *m, *n, *K, *alpha, *beta, C, *ldc};
    if (turned.multiply()) return;
  }
  if (thin(left, right, *m, *n, *K))
    return Product<Floats>({*m, *n, {*K}, {left}, {right}, *alpha, *beta, C, *ldc}).multiply();
  int chunks = (double)*m * *n * *K < FEW ? 1 : std::min(Workers::count(), OneThread::allowed());
  Slices slices = {*b_letter, *a_letter, *n, *m, *K, *alpha, right, left, *beta, C, *ldc, chunks};
  if (chunks > 1) return Workers::share(chunks, Slices::work, &slices);
  [[maybe_unused]] OneThread one_thread;
  slices.multiply();
}

/* C (m, n) = alpha (A1' B1 + A2' B2) + beta C, all rows contiguous: the update of a tied weight. */
extern "C" void ADD_OUTER_PRODUCTS(int m, int n, Real alpha, Real beta, int K1, const Real* A1,
                                   const Real* B1, int K2, const Real* A2, const Real* B2, Real* C) {
  Operand left[2] = {{A1, m, true}, {A2, m, true}}, right[2] = {{B1, n}, {B2, n}};
  if (thin(left[0], right[0], m, n, K1 > K2 ? K1 : K2))
    return Product<Floats>({m, n, {K1, K2}, {left[0], left[1]}, {right[0], right[1]}, alpha, beta, C, n})
        .multiply();
  if (!m || !n) return;
  Real one = 1;
  GEMM("N", "T", &n, &m, &K1, &alpha, B1, &n, A1, &m, &beta, C, &n);
  GEMM("N", "T", &n, &m, &K2, &alpha, B2, &n, A2, &m, &one, C, &n);
}

/* Products of rows with a matrix. The bytes of a row do not depend on the other rows, their number
   or the number of threads, because every entry is summed over k in order. A BLAS chooses its
   algorithm, and with it the order of sums, by the number of rows. */
extern "C" void ROW_PRODUCTS(int m, int n, int K, const Real* A, int lda, const Real* B, int ldb,
                             bool turned, Real* C) {
  Operand right = {B, ldb, turned};
  if (m >= MANY_ROWS && n >= LANES && K) {
    try {
      return ManyRows(m, n, K, A, lda, right, C).multiply();
    } catch (const std::bad_alloc&) {  /* a Product can do without additional memory */
    }
  }
  Factors factors = {m, n, {K}, {{A, lda}}, {right}, 1, 0, C, n};
  factors.by_columns = true;
  Product<Floats>(factors).multiply();
}
