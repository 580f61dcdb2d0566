/* Products of float32 matrices whose entries are rounded to bfloat16 before multiplication, with
   float32 sums. The processor multiplies and adds two bfloat16 in the place of one float32. */

#ifdef __AVX512BF16__
#include <immintrin.h>

#include "product.h"

typedef short Halves __attribute__((vector_size(LANES * 4)));

struct Pairs {
  static constexpr int FLOATS = 2;

  static Vector broadcast(const float* a) { return (Vector)_mm512_set1_epi32(*(const int*)a); }

  static Vector add(Vector sum, Vector a, Vector b) {
    return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
  }

  static float product(float a, float b) { return rounded(a) * rounded(b); }

  /* Pairs of adjacent entries of a row, up to n floats. */
  static Vector of_row(const float* p) { return halves(load(p), load(p + LANES)); }
  static Vector of_row(const float* p, int n) {
    return halves(load_some(p, n), load_some(p + LANES, n - LANES));
  }

  /* Pairs of vertically adjacent entries, in n columns of K rows. */
  static Vector of_columns(const float* p, long ld, int k) {
    p += 2 * k * ld;
    return zipped(load(p), load(p + ld));
  }
  static Vector of_columns(const float* p, long ld, int k, int K, int n) {
    p += 2 * k * ld;
    return zipped(load_some(p, n), 2 * k + 1 < K ? load_some(p + ld, n) : Vector{});
  }

 private:
  static float rounded(float x) { return _mm512_cvtss_f32(_mm512_cvtpbh_ps((__m256bh)_mm512_cvtneps_pbh(_mm512_set1_ps(x)))); }

  static Vector halves(Vector first, Vector second) {
    return (Vector)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first);
  }

  static Vector zipped(Vector upper, Vector lower) {
    Halves zip;
    for (int i = 0; i < 2 * LANES; i++) zip[i] = i / 2 + i % 2 * LANES;
    return (Vector)_mm512_permutexvar_epi16((__m512i)zip, (__m512i)halves(upper, lower));
  }
};

/* The Fortran interface of sgemm, column-major, so that B comes first. */
extern "C" void autoenc_mixed_sgemm_(const char* b_letter, const char* a_letter, const int* n,
                                     const int* m, const int* K, const float* alpha, const float* B,
                                     const int* ldb, const float* A, const int* lda, const float* beta,
                                     float* C, const int* ldc) {
  Operand left = {A, *lda, is_turned(a_letter)}, right = {B, *ldb, is_turned(b_letter)};
  Product<Pairs>({*m, *n, {*K}, {left}, {right}, *alpha, *beta, C, *ldc}).multiply();
}

/* The same, without alpha and beta. The pairs of B are stored for another product with the same B,
   or reused from the product that stored them. */
extern "C" void autoenc_sharing_sgemm(const char* b_letter, const char* a_letter, int n, int m, int K,
                                      const float* B, int ldb, const float* A, int lda, float* C, int ldc,
                                      float* pairs, bool taken) {
  Operand left = {A, lda, is_turned(a_letter)}, right = {B, ldb, is_turned(b_letter)};
  Product<Pairs>({m, n, {K}, {left}, {right}, 1, 0, C, ldc, pairs, taken}).multiply();
}

/* Number of floats of the pairs of B (K, n). */
extern "C" long autoenc_length_of_pairs(int K, int n) { return length_of_panels((K + 1) / 2, n); }

/* C (m, n) = alpha (A1' B1 + A2' B2) + beta C, all rows contiguous: the update of a tied weight. */
extern "C" void autoenc_add_mixed_outer_products(int m, int n, float alpha, float beta, int K1, const float* A1,
                                                 const float* B1, int K2, const float* A2,
                                                 const float* B2, float* C) {
  Operand left[2] = {{A1, m, true}, {A2, m, true}}, right[2] = {{B1, n}, {B2, n}};
  Product<Pairs>({m, n, {K1, K2}, {left[0], left[1]}, {right[0], right[1]}, alpha, beta, C, n}).multiply();
}
#endif
