/* Products of rows with a matrix in which a row gives the same bytes whatever rows are beside it,
   however many they are, and whatever the number of threads: every entry is summed over k in
   order. A BLAS chooses its way, and with it the order, by the number of rows. */

#include "product.h"

constexpr int MOST_ROWS = 512;  /* at once: the rows of A stay in a cache while columns go by */

extern "C" void autoenc_row_products_float32(int m, int n, int K, const float* A, int lda,
                                             const float* B, int ldb, bool turned, float* C) {
  for (int i = 0; i < m; i += MOST_ROWS) {
    Factors factors = {std::min(m - i, MOST_ROWS), n, {K}, {{A + (long)i * lda, lda}},
                       {{B, ldb, turned}}, 1, false, C + (long)i * n, n};
    factors.by_columns = true;
    Product<Floats>(factors).multiply();
  }
}

typedef double Doubles __attribute__((vector_size(64)));
typedef double DoublesAnywhere __attribute__((vector_size(64), aligned(8), may_alias));

/* Some columns of B at a time, and some of their terms: in a panel on the stack, turned if need be
   and filled up with zeros. The sums of the terms before are taken from C and added to. */
struct Doubled {
  static constexpr int WIDTH = 16, HEIGHT = 6, VECTORS = 2, ABREAST = WIDTH / VECTORS, TERMS = 256,
                       FEW_ROWS = 16;  /* for which copying takes longer than it saves */

  int m, n, K;
  const double* A;
  long lda;
  const double* B;
  long ldb;
  bool turned;
  double* C;
  int chunks;

  void multiply() {
    chunks = chunks_for(2. * m * n * K, (n + WIDTH - 1) / WIDTH);
    Workers::share(chunks, some_columns, this);
  }

 private:
  static void some_columns(const void* what, int chunk) {
    const Doubled& p = *(const Doubled*)what;
    int begin = cut(p.n, WIDTH, chunk, p.chunks), end = cut(p.n, WIDTH, chunk + 1, p.chunks);
    alignas(64) double panel[TERMS * WIDTH];
    for (int j = begin; j < end; j += WIDTH) {
      if (!p.K) p.columns(0, 0, j, panel, WIDTH);
      for (int k = 0; k < p.K; k += TERMS) {
        int depth = std::min(TERMS, p.K - k);
        if (p.m < FEW_ROWS && !p.turned && j + WIDTH <= p.n) {
          p.columns(k, depth, j, p.B + (long)k * p.ldb + j, p.ldb);
        } else {
          p.pack(k, depth, j, panel);
          p.columns(k, depth, j, panel, WIDTH);
        }
      }
    }
  }

  void pack(int first, int depth, int j, double* panel) const {
    int width = std::min(WIDTH, n - j);
    for (int k = first; k < first + depth; k++)
      for (int c = 0; c < WIDTH; c++)
        *panel++ = c >= width ? 0 : turned ? B[(long)(j + c) * ldb + k] : B[(long)k * ldb + j + c];
  }

  /* Terms are `next` apart. */
  void columns(int k, int depth, int j, const double* terms, long next) const {
    int i = 0;
    for (; i + HEIGHT <= m; i += HEIGHT) tile<HEIGHT>(i, k, depth, j, terms, next);
    for (; i < m; i++) tile<1>(i, k, depth, j, terms, next);
  }

  template <int R>
  void tile(int i, int first, int depth, int j, const double* terms, long next) const {
    Doubles sum[R][VECTORS] = {};
    int width = std::min(WIDTH, n - j);
    double* c = C + (long)i * n + j;
    for (int r = 0; first && r < R; r++) std::memcpy(sum[r], c + (long)r * n, sizeof(double) * width);
    for (int k = first; k < first + depth; k++, terms += next) {
      Doubles b[VECTORS];
      UNROLLED (int v = 0; v < VECTORS; v++) b[v] = *(const DoublesAnywhere*)(terms + v * ABREAST);
      UNROLLED (int r = 0; r < R; r++) {
        Doubles a = A[(i + r) * lda + k] - Doubles{};
        UNROLLED (int v = 0; v < VECTORS; v++) sum[r][v] = sum[r][v] + a * b[v];
      }
    }
    for (int r = 0; r < R; r++) std::memcpy(c + (long)r * n, sum[r], sizeof(double) * width);
  }
};

extern "C" void autoenc_row_products_float64(int m, int n, int K, const double* A, int lda,
                                             const double* B, int ldb, bool turned, double* C) {
  Doubled{m, n, K, A, lda, B, ldb, turned, C, 1}.multiply();
}
