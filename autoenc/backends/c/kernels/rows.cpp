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

/* Columns of B, a panel at a time: turned if need be, and filled up with zeros. */
struct Doubled {
  static constexpr int WIDTH = 16, HEIGHT = 6, VECTORS = 2, ABREAST = WIDTH / VECTORS;

  int m, n, K;
  const double* A;
  long lda;
  const double* B;
  long ldb;
  bool turned;
  double* C;
  int chunks;

  void multiply() {
    int panels = (n + WIDTH - 1) / WIDTH;
    chunks = chunks_for(2. * m * n * K, panels);
    Workers::share(chunks, some_panels, this);
  }

 private:
  static void some_panels(const void* what, int chunk) {
    const Doubled& p = *(const Doubled*)what;
    std::vector<double> panel((size_t)p.K * WIDTH);
    for (int j = cut(p.n, WIDTH, chunk, p.chunks); j < cut(p.n, WIDTH, chunk + 1, p.chunks); j += WIDTH) {
      p.pack(j, panel.data());
      p.columns(j, panel.data());
    }
  }

  void pack(int j, double* panel) const {
    int width = std::min(WIDTH, n - j);
    for (int k = 0; k < K; k++)
      for (int c = 0; c < WIDTH; c++)
        panel[k * WIDTH + c] = c >= width ? 0 : turned ? B[(j + c) * ldb + k] : B[k * ldb + j + c];
  }

  void columns(int j, const double* panel) const {
    int i = 0;
    for (; i + HEIGHT <= m; i += HEIGHT) tile<HEIGHT>(i, j, panel);
    for (; i < m; i++) tile<1>(i, j, panel);
  }

  template <int R> void tile(int i, int j, const double* panel) const {
    Doubles sum[R][VECTORS];
    UNROLLED (int r = 0; r < R; r++)
      UNROLLED (int v = 0; v < VECTORS; v++) sum[r][v] = Doubles{};
    for (int k = 0; k < K; k++, panel += WIDTH) {
      Doubles b[VECTORS];
      UNROLLED (int v = 0; v < VECTORS; v++) b[v] = *(const DoublesAnywhere*)(panel + v * ABREAST);
      UNROLLED (int r = 0; r < R; r++) {
        Doubles a = A[(i + r) * lda + k] - Doubles{};
        UNROLLED (int v = 0; v < VECTORS; v++) sum[r][v] = sum[r][v] + a * b[v];
      }
    }
    int width = std::min(WIDTH, n - j);
    for (int r = 0; r < R; r++)
      std::memcpy(C + (long)(i + r) * n + j, sum[r], sizeof(double) * width);
  }
};

extern "C" void autoenc_row_products_float64(int m, int n, int K, const double* A, int lda,
                                             const double* B, int ldb, bool turned, double* C) {
  Doubled{m, n, K, A, lda, B, ldb, turned, C, 1}.multiply();
}
