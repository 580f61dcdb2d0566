/* Products of matrices one of whose sides is a minibatch: `sgemm` for up to some hundred rows.

   A BLAS copies (packs) both operands before it multiplies, which pays when every entry is
   used hundreds of times. With a minibatch of 20 rows each weight is used 20 times, and the
   packing takes as long as the product. Here weights are read where they lie; only what a
   product needs the other way round, or again and again, is copied, a panel at a time. Larger
   products go to the BLAS this file is linked with. */

#include <algorithm>

#include "blas.h"
#include "product.h"

#ifdef __AVX512F__
constexpr int THIN = 512;  /* rows beyond which a BLAS is as fast */
#else
constexpr int THIN = 64;
#endif

/* A product that the BLAS makes, in slices, each by a thread of ours: its own threads would go on
   spinning when they are done, and be in the way of ours. */
struct Slices {
  char b_letter, a_letter;
  int n, m, K;
  float alpha;
  Operand B, A;
  float beta;
  float* C;
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
    BLAS_SGEMM(&b_letter, &a_letter, &n, &m, &K, &alpha, B.data, &ldb, A.data, &lda, &beta, C, &ldc);
  }
};

static bool thin(const Operand& A, const Operand& B, int m, int n, int K) {
  return A.turned ? !B.turned && K <= THIN && n >= LANES : m <= THIN;
}

/* The Fortran interface: column-major, so that B is what comes first. */
extern "C" void autoenc_sgemm_(const char* b_letter, const char* a_letter, const int* n, const int* m,
                               const int* K, const float* alpha, const float* B, const int* ldb,
                               const float* A, const int* lda, const float* beta, float* C,
                               const int* ldc) {
  Operand left = {A, *lda, is_turned(a_letter)}, right = {B, *ldb, is_turned(b_letter)};
  if (thin(left, right, *m, *n, *K) && (*beta == 0 || *beta == 1))
    return Product<Floats>({*m, *n, {*K}, {left}, {right}, *alpha, *beta == 1, C, *ldc}).multiply();
  int chunks = (double)*m * *n * *K < FEW ? 1 : std::min(Workers::count(), OneThread::allowed());
  Slices slices = {*b_letter, *a_letter, *n, *m, *K, *alpha, right, left, *beta, C, *ldc, chunks};
  if (chunks > 1) return Workers::share(chunks, Slices::work, &slices);
  [[maybe_unused]] OneThread one_thread;
  slices.multiply();
}

/* C (m, n) += alpha (A1' B1 + A2' B2), all rows contiguous: the gradient of a tied weight. */
extern "C" void autoenc_add_outer_products(int m, int n, float alpha, int K1, const float* A1,
                                           const float* B1, int K2, const float* A2, const float* B2,
                                           float* C) {
  Operand left[2] = {{A1, m, true}, {A2, m, true}}, right[2] = {{B1, n}, {B2, n}};
  if (thin(left[0], right[0], m, n, K1 > K2 ? K1 : K2))
    return Product<Floats>({m, n, {K1, K2}, {left[0], left[1]}, {right[0], right[1]}, alpha, true, C, n})
        .multiply();
  if (!m || !n) return;
  float one = 1;
  autoenc_sgemm_("N", "T", &n, &m, &K1, &alpha, B1, &n, A1, &m, &one, C, &n);
  autoenc_sgemm_("N", "T", &n, &m, &K2, &alpha, B2, &n, A2, &m, &one, C, &n);
}
