/* Sums over the rows or columns of a matrix, in double precision: of its entries, their squares
   (weight decay, norms) or their magnitudes.

   The order does not depend on the number of threads: one thread sums a row, or some columns. */

#include "workers.h"

constexpr int LANES = 8, ABREAST = 4;
constexpr long COLUMNS = 64, FEW = 32768;  /* columns of a chunk; entries too few for a thread */

typedef double Doubles __attribute__((vector_size(LANES * sizeof(double))));

enum Of { ENTRIES, SQUARES, MAGNITUDES };

template <class Float, Of OF> struct Sums {
  typedef Float Floats __attribute__((vector_size(LANES * sizeof(Float)), aligned(sizeof(Float)), may_alias));

  const Float* x;
  long n_rows, n_columns;
  double* sums;
  int chunks;

  template <class Some> static Some term(Some x) {
    if constexpr (OF == SQUARES) return x * x;
    if constexpr (OF == MAGNITUDES) return x < 0 ? -x : x;
    return x;
  }

  static Doubles load(const Float* p) {
    return __builtin_convertvector(term<Floats>(*(const Floats*)p), Doubles);
  }

  static double row_sum(const Float* row, long n) {
    Doubles sum[ABREAST] = {};
    long i = 0;
    for (; i + ABREAST * LANES <= n; i += ABREAST * LANES)
      for (int j = 0; j < ABREAST; j++) sum[j] += load(row + i + j * LANES);
    double rest = 0;
    for (; i < n; i++) rest += term<Float>(row[i]);
    Doubles all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    for (int lane = 0; lane < LANES; lane++) rest += all[lane];
    return rest;
  }

  static void some_rows(const void* what, int chunk) {
    const Sums& p = *(const Sums*)what;
    for (long i = p.n_rows * chunk / p.chunks; i < p.n_rows * (chunk + 1) / p.chunks; i++)
      p.sums[i] = row_sum(p.x + i * p.n_columns, p.n_columns);
  }

  static void some_columns(const void* what, int chunk) {
    const Sums& p = *(const Sums*)what;
    long begin = chunk * COLUMNS, end = begin + COLUMNS < p.n_columns ? begin + COLUMNS : p.n_columns;
    for (long j = begin; j < end; j++) p.sums[j] = 0;
    if (end - begin == COLUMNS) return p.whole(begin);
    for (long i = 0; i < p.n_rows; i++)
      for (long j = begin; j < end; j++) p.sums[j] += term<Float>(p.x[i * p.n_columns + j]);
  }

  void whole(long begin) const {
    Doubles sum[COLUMNS / LANES] = {};
    for (long i = 0; i < n_rows; i++)
      for (int j = 0; j < COLUMNS / LANES; j++) sum[j] += load(x + i * n_columns + begin + j * LANES);
    for (int j = 0; j < COLUMNS; j++) sums[begin + j] = sum[j / LANES][j % LANES];
  }

  void of_rows() {
    long worth = n_rows * n_columns / FEW;
    chunks = (int)(worth < 1 ? 1 : worth < n_rows ? worth : n_rows);
    Workers::share(chunks, some_rows, this);
  }

  void of_columns() {
    chunks = (int)((n_columns + COLUMNS - 1) / COLUMNS);
    if (n_rows * n_columns > FEW) return Workers::share(chunks, some_columns, this);
    for (int chunk = 0; chunk < chunks; chunk++) some_columns(this, chunk);
  }
};

#define FOR(OF, NAME, FLOAT)                                                                       \
  extern "C" void autoenc_row_##OF##_##NAME(const FLOAT* x, long n_rows, long n_columns,           \
                                            double* sums) {                                        \
    Sums<FLOAT, OF>{x, n_rows, n_columns, sums, 1}.of_rows();                                      \
  }                                                                                                \
  extern "C" void autoenc_column_##OF##_##NAME(const FLOAT* x, long n_rows, long n_columns,        \
                                               double* sums) {                                     \
    Sums<FLOAT, OF>{x, n_rows, n_columns, sums, 1}.of_columns();                                   \
  }

FOR(ENTRIES, float32, float)
FOR(ENTRIES, float64, double)
FOR(SQUARES, float32, float)
FOR(SQUARES, float64, double)
FOR(MAGNITUDES, float32, float)
FOR(MAGNITUDES, float64, double)
