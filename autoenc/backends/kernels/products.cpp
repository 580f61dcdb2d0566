/* Products of matrices one of whose sides is a minibatch: `sgemm` for a handful of rows.

   A BLAS copies (packs) both operands before it multiplies, which pays when every entry is
   used hundreds of times. With a minibatch of 20 rows each weight is used 20 times, and the
   packing takes as long as the product. Here weights are read where they lie; only what a
   product needs the other way round is copied, a panel at a time. Larger products go to
   the BLAS this file is linked with. */

#include "product.h"

#ifdef __AVX512F__
constexpr int THIN = 128;  /* rows beyond which a BLAS is as fast */
#else
constexpr int THIN = 32;
#endif

extern "C" void BLAS_SGEMM(const char*, const char*, const int*, const int*, const int*,
                           const float*, const float*, const int*, const float*, const int*,
                           const float*, float*, const int*);

struct Floats {
  static constexpr int FLOATS = 1;
  static Vector broadcast(const float* a) { return *a - Vector{}; }
  static Vector add(Vector sum, Vector a, Vector b) { return sum + a * b; }
  static Vector of_row(const float* p) { return load(p); }
  static Vector of_row(const float* p, int n) { return load_some(p, n); }
  static Vector of_columns(const float* p, long ld, int k) { return load(p + k * ld); }
  static Vector of_columns(const float* p, long ld, int k, int, int n) { return load_some(p + k * ld, n); }
};

static bool thin_rows(int m) { return m <= THIN; }

static bool thin_outer(int n, int K) { return K <= THIN && n >= LANES; }

/* The Fortran interface: column-major, so that B is what comes first. */
extern "C" void autoenc_sgemm_(const char* b_letter, const char* a_letter, const int* n, const int* m,
                               const int* K, const float* alpha, const float* B, const int* ldb,
                               const float* A, const int* lda, const float* beta, float* C,
                               const int* ldc) {
  Operand left = {A, *lda, is_turned(a_letter)}, right = {B, *ldb, is_turned(b_letter)};
  bool thin = left.turned ? !right.turned && thin_outer(*n, *K) : thin_rows(*m);
  if (thin && *K > 0 && (*beta == 0 || *beta == 1))
    return Product<Floats>({*m, *n, {*K}, {left}, {right}, *alpha, *beta == 1, C, *ldc}).multiply();
  BLAS_SGEMM(b_letter, a_letter, n, m, K, alpha, B, ldb, A, lda, beta, C, ldc);
}

/* C (m, n) += alpha (A1' B1 + A2' B2), all rows contiguous: the gradient of a tied weight. */
extern "C" void autoenc_add_outer_products(int m, int n, float alpha, int K1, const float* A1,
                                           const float* B1, int K2, const float* A2, const float* B2,
                                           float* C) {
  if (K1 + K2 > 0 && thin_outer(n, K1 > K2 ? K1 : K2)) {
    Operand left[2] = {{A1, m, true}, {A2, m, true}}, right[2] = {{B1, n}, {B2, n}};
    return Product<Floats>({m, n, {K1, K2}, {left[0], left[1]}, {right[0], right[1]}, alpha, true, C, n}).multiply();
  }
  if (!m || !n) return;
  float one = 1;
  BLAS_SGEMM("N", "T", &n, &m, &K1, &alpha, B1, &n, A1, &m, &one, C, &n);
  BLAS_SGEMM("N", "T", &n, &m, &K2, &alpha, B2, &n, A2, &m, &one, C, &n);
}
