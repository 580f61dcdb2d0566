#include <stdlib.h>
/* Checks the kernels against plain loops, without Python and without a BLAS: for compilers and
   processors that the tests' own machine does not have. Prints "right" if all is well. */

#include <cmath>
#include <cstdio>
#include <vector>

extern "C" {
void autoenc_sgemm_(const char*, const char*, const int*, const int*, const int*, const float*, const float*,
                    const int*, const float*, const int*, const float*, float*, const int*);
void autoenc_dgemm_(const char*, const char*, const int*, const int*, const int*, const double*, const double*,
                    const int*, const double*, const int*, const double*, double*, const int*);
void autoenc_add_outer_products_float32(int, int, float, float, int, const float*, const float*, int, const float*,
                                        const float*, float*);
void autoenc_add_outer_products_float64(int, int, double, double, int, const double*, const double*, int, const double*,
                                        const double*, double*);
void autoenc_row_products_float32(int, int, int, const float*, int, const float*, int, bool, float*);
void autoenc_row_products_float64(int, int, int, const double*, int, const double*, int, bool, double*);
void autoenc_row_ENTRIES_float32(const float*, long, long, double*);
void autoenc_column_ENTRIES_float32(const float*, long, long, double*);
void autoenc_bernoulli(unsigned char*, unsigned long, unsigned, unsigned, unsigned);

}

template <class Float>
static void plain_gemm(bool b_turned, bool a_turned, int n, int m, int K, Float alpha, const Float* B, int ldb,
                       const Float* A, int lda, Float beta, Float* C, int ldc) {
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int k = 0; k < K; k++)
        sum += (double)(a_turned ? A[k * lda + i] : A[i * lda + k]) * (b_turned ? B[j * ldb + k] : B[k * ldb + j]);
      C[i * ldc + j] = (Float)(alpha * sum) + (beta ? beta * C[i * ldc + j] : 0);
    }
}

/* The BLAS that large products would go to. */
#define PLAIN(name, Float)                                                                                    \
  extern "C" void name(const char* b, const char* a, const int* n, const int* m, const int* K,                \
                       const Float* alpha, const Float* B, const int* ldb, const Float* A, const int* lda,    \
                       const Float* beta, Float* C, const int* ldc) {                                         \
    plain_gemm(*b == 'T', *a == 'T', *n, *m, *K, *alpha, B, *ldb, A, *lda, *beta, C, *ldc);                    \
  }
PLAIN(plain_sgemm_, float)
PLAIN(plain_dgemm_, double)

static unsigned state = 1;
static double uniform() {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) / 16777216. - 0.5;
}

template <class Float> static std::vector<Float> random(long n) {
  std::vector<Float> x(n);
  for (Float& v : x) v = (Float)uniform();
  return x;
}

static int wrong = 0;
static void check(bool right, const char* what, int m, int n, int k) {
  if (!right && ++wrong < 20) std::printf("wrong: %s %d %d %d\n", what, m, n, k);
}

/* op(A) is (m, K), op(B) is (K, n). */
template <class Float>
static std::vector<double> product(int m, int n, int K, const std::vector<Float>& A, bool a_turned,
                                   const std::vector<Float>& B, bool b_turned) {
  std::vector<double> C((size_t)m * n);
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++)
      for (int k = 0; k < K; k++)
        C[(size_t)i * n + j] += (double)(a_turned ? A[(size_t)k * m + i] : A[(size_t)i * K + k]) *
                                (b_turned ? B[(size_t)j * K + k] : B[(size_t)k * n + j]);
  return C;
}

template <class Float>
static bool near(const std::vector<Float>& found, const std::vector<double>& expected, double tolerance) {
  for (size_t i = 0; i < found.size(); i++)
    if (!(std::fabs(found[i] - expected[i]) <= tolerance)) return false;
  return true;
}

template <class Float, class Kernel>
static void check_product(Kernel kernel, int m, int n, int K, bool a_turned, bool b_turned, double tolerance) {
  auto A = random<Float>((long)m * K), B = random<Float>((long)K * n);
  std::vector<Float> C((size_t)m * n, 7);
  Float one = 1, zero = 0;
  int lda = a_turned ? m : K, ldb = b_turned ? K : n;
  kernel(b_turned ? "T" : "N", a_turned ? "T" : "N", &n, &m, &K, &one, B.data(), &ldb, A.data(), &lda, &zero,
         C.data(), &n);
  check(near(C, product(m, n, K, A, a_turned, B, b_turned), tolerance * (K + 1)), "product", m, n, K);
}

template <class Float, class Kernel>
static void check_rows(Kernel kernel, int m, int n, int K, bool turned, double tolerance) {
  auto A = random<Float>((long)m * K), B = random<Float>((long)K * n);
  std::vector<Float> C((size_t)m * n), one(n);
  kernel(m, n, K, A.data(), K, B.data(), turned ? K : n, turned, C.data());
  check(near(C, product(m, n, K, A, false, B, turned), tolerance * (K + 1)), "row product", m, n, K);
  for (int i = 0; i < m; i += 1 + m / 7) {
    kernel(1, n, K, A.data() + (size_t)i * K, K, B.data(), turned ? K : n, turned, one.data());
    for (int j = 0; j < n; j++) check(one[j] == C[(size_t)i * n + j], "row alone", m, n, K);
  }
}

template <class Float, class Kernel>
static void check_outer(Kernel kernel, int m, int n, int K1, int K2, double tolerance) {
  auto A1 = random<Float>((long)K1 * m), B1 = random<Float>((long)K1 * n);
  auto A2 = random<Float>((long)K2 * m), B2 = random<Float>((long)K2 * n), C = random<Float>((long)m * n);
  auto one = product(m, n, K1, A1, true, B1, false), two = product(m, n, K2, A2, true, B2, false);
  std::vector<double> expected(C.begin(), C.end());
  for (size_t i = 0; i < expected.size(); i++) expected[i] = 0.25 * expected[i] + 0.5 * (one[i] + two[i]);
  kernel(m, n, 0.5, 0.25, K1, A1.data(), B1.data(), K2, A2.data(), B2.data(), C.data());
  check(near(C, expected, tolerance * (K1 + K2 + 1)), "outer products", m, n, K1);
}

static void check_sums(long m, long n) {
  auto x = random<float>(m * n);
  std::vector<double> rows(m), columns(n), of_rows(m), of_columns(n);
  for (long i = 0; i < m; i++)
    for (long j = 0; j < n; j++) of_rows[i] += x[i * n + j], of_columns[j] += x[i * n + j];
  autoenc_row_ENTRIES_float32(x.data(), m, n, rows.data());
  autoenc_column_ENTRIES_float32(x.data(), m, n, columns.data());
  check(near(rows, of_rows, 1e-9 * n) && near(columns, of_columns, 1e-9 * m), "sums", (int)m, (int)n, 0);
}

static void check_draws() {
  std::vector<unsigned char> draws(100000);
  autoenc_bernoulli(draws.data(), draws.size(), 12345, 67890, 1u << 30);
  unsigned long hash = 5381, sum = 0;
  for (unsigned char d : draws) hash = (hash * 33 + d) & 0xffffffff, sum += d;
  check(std::fabs(sum / 1e5 - 0.25) < 0.01, "draws", (int)sum, 0, 0);
  std::printf("draws %lu\n", hash);
}

int main() {
  const int sizes[] = {1, 2, 3, 5, 8, 15, 16, 17, 33, 40, 41, 64, 65, 130};
  for (int m : sizes)
    for (int n : sizes)
      for (int K : {1, 7, 16, 129, 300})
        for (int turns = 0; turns < 4; turns++) {
          check_product<float>(autoenc_sgemm_, m, n, K, turns & 1, turns & 2, 1e-6);
          check_product<double>(autoenc_dgemm_, m, n, K, turns & 1, turns & 2, 1e-15);
          if (turns & 1) continue;
          check_rows<float>(autoenc_row_products_float32, m, n, K, turns & 2, 1e-6);
          check_rows<double>(autoenc_row_products_float64, m, n, K, turns & 2, 1e-15);
        }
  for (int m : {256, 515})
    for (int n : {16, 65, 930})
      for (int K : {5, 300}) {
        check_rows<float>(autoenc_row_products_float32, m, n, K, n == 65, 1e-6);
        check_rows<double>(autoenc_row_products_float64, m, n, K, n == 65, 1e-15);
      }
  for (int m : {1, 16, 33, 100})
    for (int n : {3, 16, 65, 200}) {
      check_outer<float>(autoenc_add_outer_products_float32, m, n, 20, 21, 1e-6);
      check_outer<double>(autoenc_add_outer_products_float64, m, n, 20, 21, 1e-15);
      check_sums(m, n);
    }
  check_sums(3, 1000);
  check_draws();
  std::printf(wrong ? "wrong\n" : "right\n");
  return wrong != 0;
}
