/* Operands of a product as they are given, and panels: copies of some terms of the right operand, in
   the order in which tiles use them. */

#pragma once
#include <algorithm>
#include <cstdlib>
#include <new>

#include "tiles.h"

namespace {

constexpr double FEW = 2e5;  /* multiplications that are too few for another thread */

struct Operand {  /* an operand as given; `turned` means that its transpose is used */
  const Real* data;
  long ld;
  bool turned = false;
  Operand row(long i) const { return {data + (turned ? i : i * ld), ld, turned}; }
  Operand column(long j) const { return {data + (turned ? j * ld : j), ld, turned}; }
};

/* Number of chunks, of at least a unit each, into which a job is worth dividing. */
static inline int chunks_for(double multiplications, int units) {
  double worth = multiplications / FEW;
  return worth < 2 ? 1 : worth < units ? (int)worth : units;
}

/* Start of a chunk of n columns or rows, in whole units. */
static inline int cut(int n, int unit, int chunk, int chunks) {
  long begin = (long)((n + unit - 1) / unit) * chunk / chunks * unit;
  return begin < n ? (int)begin : n;
}

/* Memory that is kept for the next use; std::bad_alloc if there is not enough. */
struct Buffer {
  Real* data = nullptr;
  long length = 0;
  ~Buffer() { std::free(data); }

  Real* of(long n) {
    if (n > length) {
      std::free(data);
      length = 0;
      data = (Real*)std::aligned_alloc(64, (sizeof(Real) * n + 63) / 64 * 64);
      if (!data) throw std::bad_alloc();
      length = n;
    }
    return data;
  }
};

struct Floats {  /* terms that are plain floats */
  static constexpr int FLOATS = 1;
  static Vector broadcast(const Real* a) { return *a - Vector{}; }
  static Vector add(Vector sum, Vector a, Vector b) { return sum + a * b; }
  static Real product(Real a, Real b) { return a * b; }
  static Vector of_row(const Real* p) { return load(p); }
  static Vector of_row(const Real* p, int n) { return load_some(p, n); }
  static Vector of_columns(const Real* p, long ld, int k) { return load(p + k * ld); }
  static Vector of_columns(const Real* p, long ld, int k, int, int n) { return load_some(p + k * ld, n); }
};

/* Length of the panels of all K terms of n columns. */
static inline long length_of_panels(int terms, int n) { return (n + TILE - 1L) / TILE * TILE * terms; }

/* Terms of some columns of B: term k of column j is at panel[k * TILE + j]. */
template <class Terms> class Panel {
 public:
  /* Copies `depth` terms from k on, of columns of which `there` exist. K is the length of a column. */
  static void fill(Operand b, int K, int k, int depth, int there, const Columns& columns, Real* panel) {
    if (!depth) return;
    if (!b.turned) return copy_columns(b, K, k, depth, there, columns, panel);
    for (int v = 0; v < columns.n_vectors; v++)
      copy_rows(b.column(columns.at[v]), K, k, depth, there - columns.at[v], panel + v * LANES);
  }

 private:
  static void copy_columns(Operand b, int K, int k, int depth, int there, const Columns& columns,
                           Real* panel) {
    int whole = there < LANES ? 0 : (k + depth) * Terms::FLOATS > K ? depth - 1 : depth;
    for (int i = 0; i < whole; i++)
      for (int v = 0; v < columns.n_vectors; v++)
        store(panel + i * TILE + v * LANES, Terms::of_columns(b.data + columns.at[v], b.ld, k + i));
    for (int i = whole; i < depth; i++)
      for (int v = 0; v < columns.n_vectors; v++)
        store(panel + i * TILE + v * LANES,
              Terms::of_columns(b.data + columns.at[v], b.ld, k + i, K, there - columns.at[v]));
  }

  static void copy_rows(Operand b, int K, int k, int depth, int there, Real* panel) {
    constexpr int STEP = LANES * Terms::FLOATS;
    const Real* p = b.data + k * Terms::FLOATS;
    for (int i = 0; i < depth; i += LANES, p += STEP, panel += LANES * TILE) {
      int left_over = K - (k + i) * Terms::FLOATS;
      if (there >= LANES && left_over >= STEP)
        turn(p, b.ld, panel);
      else
        turn_some(p, b.ld, left_over, there, depth - i, panel);
    }
  }

  /* Not inlined, so that the compiler has registers for the addresses of the rows. */
  __attribute__((noinline)) static void turn(const Real* p, long ld, Real* panel) {
    Vector rows[LANES];
    for (int i = 0; i < LANES; i++) rows[i] = Terms::of_row(p + i * ld);
    exchange(rows);
    for (int i = 0; i < LANES; i++) store(panel + i * TILE, rows[i]);
  }

  __attribute__((noinline)) static void turn_some(const Real* p, long ld, int n_floats, int n_rows,
                                                  int n_terms, Real* panel) {
    Vector rows[LANES] = {};
    for (int i = 0; i < n_rows && i < LANES; i++) rows[i] = Terms::of_row(p + i * ld, n_floats);
    exchange(rows);
    for (int i = 0; i < n_terms && i < LANES; i++) store(panel + i * TILE, rows[i]);
  }
};

}  // namespace
