/* Products of matrices one of whose sides is a minibatch: `sgemm` for a handful of rows.

   A BLAS copies (packs) both operands before it multiplies, which pays when every entry is
   used hundreds of times. With a minibatch of 20 rows each weight is used 20 times, and the
   packing takes as long as the product. Here weights are read where they lie; only what a
   product needs the other way round is copied, a panel at a time. Larger products go to
   the BLAS this file is linked with.

   Everything below is row-major: C (m, n) = alpha A (m, K) B (K, n) + beta C. Every entry is
   summed in the order of k, whatever the number of threads, so that it gives the same bytes. */

#include <cstdlib>

#include "workers.h"

#ifdef __AVX512F__
constexpr int LANES = 16, WIDE = 4, TALL = 6;
constexpr int THIN = 128;  /* rows beyond which a BLAS is as fast */
#else
constexpr int LANES = 8, WIDE = 2, TALL = 6;
constexpr int THIN = 32;
#endif
constexpr int TILE = LANES * WIDE;  /* columns that are worked on at once, ... */
constexpr int DEPTH = 128;          /* ... and how many terms of their sums: in the first cache */
constexpr double FEW = 2e5;         /* multiplications that are not worth another thread */
constexpr long MANY = 1 << 22;      /* entries that are not worth a copy */

typedef float Vector __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int Lanes __attribute__((vector_size(LANES * 4)));

extern "C" void BLAS_SGEMM(const char*, const char*, const int*, const int*, const int*,
                           const float*, const float*, const int*, const float*, const int*,
                           const float*, float*, const int*);

static inline Vector load(const float* p) { return *(const Vector*)p; }
static inline void store(float* p, Vector v) { *(Vector*)p = v; }
static inline Vector broadcast(float x) { return x - Vector{}; }

/* Where the vectors of a tile begin. When columns are left that fill no vector, the last one
   begins early, and leaves the `skip` lanes alone that are done already. */
struct Columns {
  int at[WIDE], n_vectors, skip;
  explicit Columns(int left) {
    n_vectors = left >= TILE ? WIDE : (left + LANES - 1) / LANES;
    for (int v = 0; v < n_vectors; v++) at[v] = v * LANES;
    skip = n_vectors * LANES > left ? n_vectors * LANES - left : 0;
    at[n_vectors - 1] -= skip;
  }
};

static inline Vector without_first(int n, Vector v, Vector instead) {
  Lanes lane;
  for (int i = 0; i < LANES; i++) lane[i] = i;
  return lane >= n ? v : instead;
}

struct Matrix {  /* entry (i, k) is at data[i * rows + k * columns] */
  const float* data;
  long rows, columns;
  Matrix from(int i, int k) const { return {data + i * rows + k * columns, rows, columns}; }
};

/* What is to the left in a product that may be the sum of two: A1 B1 + A2 B2 is [A1 A2] times
   B1 and B2 stacked, and the panels of B are. */
struct Left {
  Matrix A[2];
  int K[2];
  Left from(int i) const { return {{A[0].from(i, 0), A[1].from(i, 0)}, {K[0], K[1]}}; }
};

/* C (R, V vectors) = alpha A B + (add ? C : 0), held in registers. */
template <int R, int V>
static void tile(Left left, const float* B, long ldb, const int* b_at, float* C, long ldc,
                 const Columns& columns, float alpha, bool add) {
  Vector sum[R][V];
  for (int r = 0; r < R; r++)
    for (int v = 0; v < V; v++) sum[r][v] = broadcast(0);
  if (add)
    for (int r = 0; r < R; r++)
      for (int v = 0; v < V; v++) __builtin_prefetch(C + r * ldc + columns.at[v], 1);
  for (int part = 0; part < 2; part++) {
    Matrix A = left.A[part];
    for (int k = 0; k < left.K[part]; k++, B += ldb) {
      Vector b[V];
      for (int v = 0; v < V; v++) b[v] = load(B + b_at[v]);
      for (int r = 0; r < R; r++) {
        Vector a = broadcast(A.data[r * A.rows + k * A.columns]);
        for (int v = 0; v < V; v++) sum[r][v] += a * b[v];
      }
    }
  }
  for (int r = 0; r < R; r++)
    for (int v = 0; v < V; v++) {
      float* c = C + r * ldc + columns.at[v];
      Vector value = add ? load(c) + alpha * sum[r][v] : alpha * sum[r][v];
      if (v == V - 1 && columns.skip) value = without_first(columns.skip, value, load(c));
      store(c, value);
    }
}

/* The tile of that height and width. */
template <int V, int R = TALL>
static void tile_of(int height, Left left, const float* B, long ldb, const int* b_at, float* C,
                    long ldc, const Columns& columns, float alpha, bool add) {
  if constexpr (V > 1)
    if (columns.n_vectors < V)
      return tile_of<V - 1, R>(height, left, B, ldb, b_at, C, ldc, columns, alpha, add);
  if constexpr (R > 1)
    if (height < R)
      return tile_of<V, R - 1>(height, left, B, ldb, b_at, C, ldc, columns, alpha, add);
  tile<R, V>(left, B, ldb, b_at, C, ldc, columns, alpha, add);
}

/* All m rows of a tile, in groups of nearly the same height. */
static void strip(int m, Left left, const float* B, long ldb, bool packed, float* C, long ldc,
                  const Columns& columns, float alpha, bool add) {
  static const Columns in_line(TILE);
  const int* b_at = (packed ? in_line : columns).at;
  int groups = (m + TALL - 1) / TALL;
  for (int g = 0, row = 0; g < groups; g++) {
    int height = (m - row + groups - g - 1) / (groups - g);
    tile_of<WIDE>(height, left.from(row), B, ldb, b_at, C + row * ldc, ldc, columns, alpha, add);
    row += height;
  }
}

/* Turn LANES rows of LANES entries each: entry (i, k) goes to panel[k * TILE + i]. */
template <int S> static inline void exchange(Vector* rows) {
  if constexpr (S > 0) {
    Lanes low, high;
    for (int i = 0; i < LANES; i++) {
      low[i] = i & S ? LANES + i - S : i;
      high[i] = i & S ? LANES + i : i + S;
    }
    for (int i = 0; i < LANES; i++)
      if (!(i & S)) {
        Vector a = rows[i], b = rows[i + S];
        rows[i] = __builtin_shuffle(a, b, low);
        rows[i + S] = __builtin_shuffle(a, b, high);
      }
    exchange<S / 2>(rows);
  }
}

static void transpose(const float* from, long ld, int K, float* panel) {
  int k = 0;
  for (; k + LANES <= K; k += LANES) {
    Vector rows[LANES];
    for (int i = 0; i < LANES; i++) rows[i] = load(from + i * ld + k);
    exchange<LANES / 2>(rows);
    for (int i = 0; i < LANES; i++) store(panel + (k + i) * TILE, rows[i]);
  }
  for (; k < K; k++)
    for (int i = 0; i < LANES; i++) panel[k * TILE + i] = from[i * ld + k];
}

/* Columns from j0 to j1 of C = alpha A B (+ C); B as it is, or, if turned, its transpose is given. */
static void columns_of_thin(int m, int K, const float* A, long lda, const float* B, long ldb,
                            bool turned, float* C, long ldc, float alpha, bool add, int j0, int j1) {
  alignas(64) float panel[DEPTH * TILE];
  for (int k = 0; k < K; k += DEPTH) {
    int depth = K - k < DEPTH ? K - k : DEPTH;
    for (int j = j0; j < j1; j += TILE) {
      Columns columns(j1 - j);
      const float* b = turned ? panel : B + k * ldb + j;
      if (turned)
        for (int v = 0; v < columns.n_vectors; v++)
          transpose(B + (j + columns.at[v]) * ldb + k, ldb, depth, panel + v * LANES);
      Left left = {{{A + k, lda, 1}}, {depth}};
      strip(m, left, b, turned ? TILE : ldb, turned, C + j, ldc, columns, alpha,
            add || k > 0);
    }
  }
}

/* C = alpha A B (+ C) of fewer columns than a vector has lanes. So small a product would be as
   fast in a BLAS, but there its numbers can depend on where in A a row is. */
static void narrow(int m, int n, int K, const float* A, long lda, const float* B, long ldb, bool turned,
                   float* C, long ldc, float alpha, bool add) {
  alignas(64) float panel[DEPTH * TILE] = {}, result[THIN * LANES];
  for (int k = 0; k < K; k += DEPTH) {
    int depth = K - k < DEPTH ? K - k : DEPTH;
    for (int i = 0; i < depth; i++)
      for (int j = 0; j < n; j++)
        panel[i * TILE + j] = turned ? B[j * ldb + k + i] : B[(k + i) * ldb + j];
    Left left = {{{A + k, lda, 1}}, {depth}};
    strip(m, left, panel, TILE, true, result, LANES, Columns(LANES), alpha, k > 0);
  }
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++)
      C[i * ldc + j] = result[i * LANES + j] + (add ? C[i * ldc + j] : 0);
}

/* Matrices with few rows whose product A' B, or the sum of two such, is a large matrix. */
struct Outer {
  int K[2];
  const float *A[2], *B[2];
  long lda[2], ldb[2];
};

/* Panels of B: those from column j0 to j1. */
static void pack(int n, const Outer& pair, float* panels, int j0, int j1) {
  for (int j = j0; j < j1; j += TILE) {
    Columns columns(n - j);
    float* panel = panels + (long)j * (pair.K[0] + pair.K[1]);
    for (int part = 0; part < 2; part++)
      for (int k = 0; k < pair.K[part]; k++, panel += TILE)
        for (int v = 0; v < columns.n_vectors; v++)
          store(panel + v * LANES, load(pair.B[part] + k * pair.ldb[part] + j + columns.at[v]));
  }
}

/* Rows from i0 to i1 of C = alpha A' B (+ C). */
static void rows_of_outer(int n, const Outer& pair, const float* panels, float* C, long ldc,
                          float alpha, bool add, int i0, int i1) {
  long depth = pair.K[0] + pair.K[1];
  Left left = {{{pair.A[0], 1, pair.lda[0]}, {pair.A[1], 1, pair.lda[1]}}, {pair.K[0], pair.K[1]}};
  for (int i = i0; i < i1; i += TALL)
    for (int j = 0; j < n; j += TILE)
      strip(i1 - i < TALL ? i1 - i : TALL, left.from(i), panels + j * depth, TILE, true,
            C + i * ldc + j, ldc, Columns(n - j), alpha, add);
}

static bool thin_rows(int m) { return m <= THIN; }

static bool thin_outer(int n, int K) { return K <= THIN && n >= LANES && (long)n * K <= MANY; }

/* How many chunks of at least a unit each a job is worth. */
static int chunks_for(double multiplications, int units) {
  double worth = multiplications / FEW;
  return worth < 2 ? 1 : worth < units ? (int)worth : units;
}

/* Where a chunk of n columns or rows begins, in whole units. */
static int cut(int n, int unit, int chunk, int chunks) {
  long begin = (long)((n + unit - 1) / unit) * chunk / chunks * unit;
  return begin < n ? (int)begin : n;
}

struct Rows {
  bool b_turned;
  int m, n, K;
  float alpha;
  const float* A;
  long lda;
  const float* B;
  long ldb;
  bool add;
  float* C;
  long ldc;
  int chunks;

  static void work(const void* what, int chunk) {
    const Rows& p = *(const Rows*)what;
    int begin = cut(p.n, TILE, chunk, p.chunks), end = cut(p.n, TILE, chunk + 1, p.chunks);
    /* so that the last columns fill a vector */
    if (end == p.n && p.n - begin < LANES && chunk) begin = p.n;
    if (end < p.n && p.n - end < LANES) end = p.n;
    if (begin < end)
      columns_of_thin(p.m, p.K, p.A, p.lda, p.B, p.ldb, p.b_turned, p.C, p.ldc, p.alpha, p.add, begin,
                      end);
  }

  void multiply() {
    if (n < LANES) return narrow(m, n, K, A, lda, B, ldb, b_turned, C, ldc, alpha, add);
    chunks = chunks_for((double)m * n * K, (n + TILE - 1) / TILE);
    Workers::share(chunks, work, this);
  }
};

/* Memory that is kept for the next time. */
struct Buffer {
  float* data = nullptr;
  long length = 0;
  ~Buffer() { std::free(data); }

  float* of(long n) {
    if (n > length) {
      std::free(data);
      data = (float*)std::aligned_alloc(64, sizeof(float) * n);
      length = n;
    }
    return data;
  }
};

struct Outers {
  int m, n;
  Outer pair;
  float alpha;
  bool add;
  float* C;
  long ldc;
  float* panels;
  int chunks;

  static void pack_some(const void* what, int chunk) {
    const Outers& p = *(const Outers*)what;
    pack(p.n, p.pair, p.panels, cut(p.n, TILE, chunk, p.chunks), cut(p.n, TILE, chunk + 1, p.chunks));
  }

  static void work(const void* what, int chunk) {
    const Outers& p = *(const Outers*)what;
    int begin = cut(p.m, TALL, chunk, p.chunks), end = cut(p.m, TALL, chunk + 1, p.chunks);
    rows_of_outer(p.n, p.pair, p.panels, p.C, p.ldc, p.alpha, p.add, begin, end);
  }

  void multiply() {
    double depth = pair.K[0] + pair.K[1];
    long n_tiles = (n + TILE - 1) / TILE;
    thread_local Buffer buffer;
    panels = buffer.of(TILE * n_tiles * (long)depth);
    chunks = chunks_for(30 * n * depth, (int)n_tiles);
    Workers::share(chunks, pack_some, this);
    chunks = chunks_for(m * n * depth, (m + TALL - 1) / TALL);
    Workers::share(chunks, work, this);
  }
};

static bool is_turned(const char* letter) { return *letter != 'n' && *letter != 'N'; }

/* The Fortran interface: column-major, so that B is what comes first. */
extern "C" void autoenc_sgemm_(const char* b_letter, const char* a_letter, const int* n, const int* m,
                               const int* K, const float* alpha, const float* B, const int* ldb,
                               const float* A, const int* lda, const float* beta, float* C,
                               const int* ldc) {
  bool a_turned = is_turned(a_letter), b_turned = is_turned(b_letter), add = *beta == 1;
  if (*K > 0 && (add || *beta == 0)) {
    if (!a_turned && thin_rows(*m))
      return Rows{b_turned, *m, *n, *K, *alpha, A, *lda, B, *ldb, add, C, *ldc, 1}.multiply();
    if (a_turned && !b_turned && thin_outer(*n, *K))
      return Outers{*m, *n, {{*K}, {A}, {B}, {*lda}, {*ldb}}, *alpha, add, C, *ldc, nullptr, 1}.multiply();
  }
  BLAS_SGEMM(b_letter, a_letter, n, m, K, alpha, B, ldb, A, lda, beta, C, ldc);
}

/* C (m, n) += alpha (A1' B1 + A2' B2), all rows contiguous: the gradient of a tied weight. */
extern "C" void autoenc_add_outer_products(int m, int n, float alpha, int K1, const float* A1,
                                           const float* B1, int K2, const float* A2, const float* B2,
                                           float* C) {
  if (K1 + K2 > 0 && thin_outer(n, K1 > K2 ? K1 : K2)) {
    Outer pair = {{K1, K2}, {A1, A2}, {B1, B2}, {m, m}, {n, n}};
    return Outers{m, n, pair, alpha, true, C, n, nullptr, 1}.multiply();
  }
  if (!m || !n) return;
  float one = 1;
  BLAS_SGEMM("N", "T", &n, &m, &K1, &alpha, B1, &n, A1, &m, &one, C, &n);
  BLAS_SGEMM("N", "T", &n, &m, &K2, &alpha, B2, &n, A2, &m, &one, C, &n);
}
