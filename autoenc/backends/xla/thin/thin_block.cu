// One launch trains on a whole block of thin minibatches: an autoencoder with a tied weight W.
//
// Every multiprocessor keeps two slices of W through the block: the columns of its hidden units and
// the rows of its visible units. With both, a minibatch needs two barriers of the whole device:
//
//     code      h  = code(x~ W)            own hidden units           -> barrier
//     output    dz = gradient of h W'      own visible units          -> barrier
//     backward  da = backward(dz W)        own hidden units, whose columns of W are updated
//     own rows of W are updated by da when it has arrived, during the next minibatch's code step
//
// Both slices add the same numbers in the same order, so that they hold the same bits.

// Pointers, in the order of XLA's buffers: inputs first, then outputs.
struct Arguments {
  void* at[N_POINTERS];
  int n_minibatches;
};
DEVICE constexpr int room(int n) { return n > 0 ? n : 1; }
constexpr int DATA = 0;                        // (rows, NV)
constexpr int ROWS = 1;                        // (minibatches, B), numbers of rows
constexpr int KEYS = 2;                        // (DRAWS, 2)
constexpr int WEIGHTS = KEYS + DRAWS;          // (NV, NH) each: W, and the optimizer's state for it
constexpr int VISIBLE = WEIGHTS + NW;          // (NV,) each
constexpr int HIDDEN = VISIBLE + NP;           // (NH,) each
constexpr int WHOLE = HIDDEN + NQ;             // (NV,) each, never changed
constexpr int SCALARS = WHOLE + NC;            // () each
constexpr int WEIGHTS_AFTER = SCALARS + NS;
constexpr int VISIBLE_AFTER = WEIGHTS_AFTER + NW;
constexpr int HIDDEN_AFTER = VISIBLE_AFTER + NP;
constexpr int SCALARS_AFTER = HIDDEN_AFTER + NQ;
constexpr int COSTS = SCALARS_AFTER + NS;      // (minibatches,)
constexpr int CODES = COSTS + 1;               // (B, NH), read by the other multiprocessors
constexpr int OUTPUTS = CODES + 1;             // (B, NV)
constexpr int BACKWARD = OUTPUTS + 1;          // (B, NH)
constexpr int PARTIAL_COSTS = BACKWARD + 1;    // (minibatches, G)
constexpr int BITS = PARTIAL_COSTS + 1;        // (2, WORDS), decisions for this minibatch and the next
constexpr int ARRIVALS = BITS + 1;             // zero at the start
static_assert(ARRIVALS + 1 == N_POINTERS, "as many buffers as pointers");

SCALARS_STRUCT

template <typename Value>
DEVICE Value* pointer(const Arguments& p, int number) { return static_cast<Value*>(p.at[number]); }

constexpr int T = 32 * RG * KG;
constexpr int BR = (B + RG - 1) / RG;       // rows of a group of warps
constexpr int HS = (NH + G - 1) / G;        // hidden units of a multiprocessor
constexpr int VS = (NV + G - 1) / G;        // visible units of a multiprocessor
constexpr int VS_STRIDE = (VS + 3) / 4 * 4;
constexpr int STRIDE = 32 * KG;
constexpr int IT_V = (NV + STRIDE - 1) / STRIDE;
constexpr int IT_H = (NH + STRIDE - 1) / STRIDE;
constexpr int KPT = (NV + T - 1) / T;       // visible units of a thread
constexpr int KSTEP = (NV + KPT - 1) / KPT;
constexpr int WORDS_A_ROW = (NV + 31) / 32;
constexpr int WORDS = room(DRAWS) * B * WORDS_A_ROW;
constexpr int RAWS = (B * VS + T - 1) / T;   // entries of the input for outputs of a thread
constexpr int ROUNDS_H = (BR * HS + 31) / 32;
constexpr int ROUNDS_V = (BR * VS + 31) / 32;
constexpr int ROUNDS = ROUNDS_H > ROUNDS_V ? ROUNDS_H : ROUNDS_V;

// Aligned, so that four adjacent numbers are read at a time.
struct Shared {
  alignas(16) float x[B * NV];                     // the corrupted minibatch
  alignas(16) float dz[KEEP_DZ ? B * NV : 1];      // if there is room; otherwise it is read again
  alignas(16) float h[B * NH];
  alignas(16) float own_columns[NW][NV * HS];
  alignas(16) float own_rows[NW][VS * NH];
  alignas(16) float whole[room(NC)][NV];
  alignas(16) float parts[RG * KG][ROUNDS * 32];   // partial sums over the groups of warps
  alignas(16) float own_h[B * HS];
  alignas(16) float own_da[B * HS];
  alignas(16) float own_x[B * VS_STRIDE];
  alignas(16) float own_dz[B * VS_STRIDE];
  float a[B * HS];
  float cost[B * VS];
  float of_visible[room(NGV)][B * VS], of_hidden[room(NGH)][B * HS];
  float v[room(NP)][VS], q[room(NQ)][HS];
  unsigned bits[WORDS];
  unsigned keys[room(DRAWS)][2], next_keys[room(DRAWS)][2];
  Scalars scalars, before;                         // of this minibatch, and of the previous one
};

static_assert(sizeof(Shared) <= SHARED_BYTES, "as much memory as was asked for");

// Adds 32 values over the lanes of a warp: lane l gets the sum of the l-th values.
template <int HALF>
DEVICE void fold(float* v, int lane) {
  const bool upper = lane & HALF;
#pragma unroll
  for (int i = 0; i < HALF; ++i) {
    const float send = upper ? v[i] : v[i + HALF], keep = upper ? v[i + HALF] : v[i];
    v[i] = keep + SHFL_XOR(send, HALF);
  }
}
DEVICE float sums_by_lane(float* v, int lane) {
  fold<16>(v, lane);
  fold<8>(v, lane);
  fold<4>(v, lane);
  fold<2>(v, lane);
  fold<1>(v, lane);
  return v[0];
}

DEVICE void threefry(unsigned k0, unsigned k1, unsigned& x0, unsigned& x1) {
  unsigned ks[3] = {k0, k1, k0 ^ k1 ^ 0x1BD11BDAu};
  const int r[8] = {13, 15, 26, 6, 17, 29, 16, 24};
  x0 += ks[0]; x1 += ks[1];
#pragma unroll
  for (int i = 0; i < 5; ++i) {
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      int d = r[(i % 2) * 4 + j];
      x0 += x1; x1 = (x1 << d) | (x1 >> (32 - d)); x1 ^= x0;
    }
    x0 += ks[(i + 1) % 3]; x1 += ks[(i + 2) % 3] + i + 1;
  }
}

DEVICE unsigned mixed(unsigned bits) {
  bits = (bits ^ (bits >> 16)) * 0x7FEB352Du;
  bits = (bits ^ (bits >> 15)) * 0x846CA68Bu;
  return bits ^ (bits >> 16);
}
DEVICE unsigned hashed(const unsigned* key, unsigned number) { return mixed(mixed(number + key[0]) ^ key[1]); }

// Returns whether a decision with this probability is True; as for XLA in backends/xla/ops.py.
DEVICE bool happens(unsigned bits, float probability) {
  const float scaled = fminf(fmaxf(probability * 4294967296.f, 0.f), 4294967040.f);
  return bits < static_cast<unsigned>(scaled) || probability >= 1.f;
}

HOOKS

// Draws the keys of the next minibatch, as jax.random.split does.
DEVICE void draw_keys(Shared& s, int tid) {
  if (tid < 0 || tid >= DRAWS) return;
  unsigned* key = s.next_keys[tid];
  unsigned a0 = 0, a1 = 0, b0 = 0, b1 = 1;
  threefry(key[0], key[1], a0, a1);
  threefry(key[0], key[1], b0, b1);
  s.keys[tid][0] = b0;
  s.keys[tid][1] = b1;
  key[0] = a0;
  key[1] = a1;
}

// Computes a share of the decisions, one bit for each entry, for all multiprocessors.
DEVICE void draw_bits(const Shared& s, unsigned* bits, int warp, int lane) {
  if (!DRAWS) return;
  for (int word = BLOCK + warp * G; word < WORDS; word += RG * KG * G) {
    const int draw = word / (B * WORDS_A_ROW), of_draw = word % (B * WORDS_A_ROW);
    const int b = of_draw / WORDS_A_ROW, k = of_draw % WORDS_A_ROW * 32 + lane;
    const bool decision = k < NV && decide(draw, hashed(s.keys[draw], b * NV + k), s.scalars);
    const unsigned together = BALLOT(decision);
    if (lane == 0) STORE_WORD(bits + word, together);
  }
}

KERNEL thin_block(const Arguments p) {
  SHARED(Shared, s);
  const int tid = THREAD, lane = tid % 32, warp = tid / 32, kg = warp % KG, rg = warp / KG;
  const int h0 = BLOCK * HS, v0 = BLOCK * VS;
  unsigned target = 0;
  const float* data = pointer<const float>(p, DATA);
  const int* rows = pointer<const int>(p, ROWS);
  float* codes = pointer<float>(p, CODES);
  float* outputs = pointer<float>(p, OUTPUTS);
  float* sent_back = pointer<float>(p, BACKWARD);
  float* partial_costs = pointer<float>(p, PARTIAL_COSTS);
  unsigned* bits = pointer<unsigned>(p, BITS);
  unsigned* arrivals = pointer<unsigned>(p, ARRIVALS);

  for (int n = 0; n < NW; ++n) {
    for (int i = tid; i < NV * HS; i += T)
      s.own_columns[n][i] = h0 + i % HS < NH ? pointer<const float>(p, WEIGHTS + n)[(i / HS) * NH + h0 + i % HS] : 0;
    for (int i = tid; i < VS * NH; i += T)
      s.own_rows[n][i] = v0 + i / NH < NV ? pointer<const float>(p, WEIGHTS + n)[(v0 + i / NH) * NH + i % NH] : 0;
  }
  for (int n = 0; n < NP; ++n) if (tid < VS) s.v[n][tid] = v0 + tid < NV ? pointer<const float>(p, VISIBLE + n)[v0 + tid] : 0;
  for (int n = 0; n < NQ; ++n) if (tid < HS) s.q[n][tid] = h0 + tid < NH ? pointer<const float>(p, HIDDEN + n)[h0 + tid] : 0;
  for (int n = 0; n < NC; ++n)
    for (int k = tid; k < NV; k += T) s.whole[n][k] = pointer<const float>(p, WHOLE + n)[k];
  if (tid == 0) {
    load_scalars(p, s.scalars);
    derive_scalars(s.scalars);
  }
  for (int n = tid; n < 2 * DRAWS; n += T) s.next_keys[n / 2][n % 2] = pointer<const unsigned>(p, KEYS + n / 2)[n % 2];
  SYNC();
  draw_keys(s, tid);
  SYNC();
  draw_bits(s, bits, warp, lane);

  float next[BR * IT_V];
  auto fetch = [&](int t) {
#pragma unroll
    for (int i = 0; i < BR; ++i) {
      int b = rg * BR + i;
      const float* row = b < B ? data + (long long)rows[t * B + b] * NV : data;
#pragma unroll
      for (int it = 0; it < IT_V; ++it) {
        int k = it * STRIDE + kg * 32 + lane;
        next[i * IT_V + it] = b < B && k < NV ? LOAD_ONCE(row + k) : 0;
      }
    }
  };
  auto put = [&]() {
#pragma unroll
    for (int i = 0; i < BR; ++i) {
      int b = rg * BR + i;
#pragma unroll
      for (int it = 0; it < IT_V; ++it) {
        int k = it * STRIDE + kg * 32 + lane;
        if (b < B && k < NV) s.x[b * NV + k] = corrupted(next[i * IT_V + it], b, k, s);
      }
    }
  };
  auto arrive = [&]() {
    SYNC();
    if (tid == 0) { ARRIVE(arrivals); }
    target += G;
  };
  auto wait = [&]() {
    if (tid == 0) { WAIT(arrivals, target); }
    SYNC();
  };
  // Updates own rows of W, from what all hidden units have sent back.
  auto update_rows = [&](int j) {
    float g1[VS], g2[VS];
#pragma unroll
    for (int v = 0; v < VS; ++v) g1[v] = g2[v] = 0;
#pragma unroll 4
    for (int b = 0; b < B; ++b) {
      float da = LOAD(sent_back + b * NH + j), h = s.h[b * NH + j];
#pragma unroll
      for (int v = 0; v < VS; ++v) {
        g1[v] = fmaf(s.own_x[b * VS_STRIDE + v], da, g1[v]);
        g2[v] = fmaf(s.own_dz[b * VS_STRIDE + v], h, g2[v]);
      }
    }
#pragma unroll
    for (int v = 0; v < VS; ++v) {
      float w[NW];
      for (int n = 0; n < NW; ++n) w[n] = s.own_rows[n][v * NH + j];
      update_weight(w, g1[v], g2[v], s.before);
      for (int n = 0; n < NW; ++n) s.own_rows[n][v * NH + j] = w[n];
    }
  };

  auto read_bits = [&](int t) {
    for (int i = tid; i < WORDS && DRAWS; i += T) s.bits[i] = LOAD_WORD(bits + t % 2 * WORDS + i);
  };
  arrive();
  if (p.n_minibatches) fetch(0);
  wait();
  read_bits(0);
  SYNC();
  if (p.n_minibatches) put();
  draw_keys(s, tid);
  SYNC();

  for (int t = 0; t < p.n_minibatches; ++t) {
    // Computes codes of own hidden units.
    {
      float acc[ROUNDS_H * 32];
#pragma unroll
      for (int i = 0; i < ROUNDS_H * 32; ++i) acc[i] = 0;
#pragma unroll
      for (int it = 0; it < IT_V; ++it) {
        int k = it * STRIDE + kg * 32 + lane;
        if (k < NV) {
          float w[HS];
#pragma unroll
          for (int j = 0; j < HS; ++j) w[j] = s.own_columns[0][k * HS + j];
#pragma unroll
          for (int i = 0; i < BR; ++i) {
            int b = rg * BR + i;
            float x = b < B ? s.x[b * NV + k] : 0;
#pragma unroll
            for (int j = 0; j < HS; ++j) acc[i * HS + j] = fmaf(x, w[j], acc[i * HS + j]);
          }
        }
      }
#pragma unroll
      for (int r = 0; r < ROUNDS_H; ++r) s.parts[warp][r * 32 + lane] = sums_by_lane(acc + 32 * r, lane);
    }
    SYNC();
    for (int i = tid; i < B * HS; i += T) {
      int b = i / HS, j = i % HS, of = b % BR * HS + j;
      float a = 0;
      for (int g = 0; g < KG; ++g) a += s.parts[b / BR * KG + g][of];
      float q[room(NQ)];
      for (int n = 0; n < NQ; ++n) q[n] = s.q[n][j];
      float h = code(a, q, s.scalars);
      s.a[i] = a; s.own_h[i] = h;
      if (h0 + j < NH) STORE(codes + b * NH + h0 + j, h);
    }
    draw_bits(s, bits + (t + 1) % 2 * WORDS, warp, lane);
    arrive();
    if (t + 1 < p.n_minibatches) fetch(t + 1);
    wait();
    read_bits(t + 1);

    // Updates own rows of W, then computes outputs of own visible units.
    for (int j = tid; j < NH; j += T) {
      if (t) update_rows(j);
#pragma unroll
      for (int b = 0; b < B; ++b) s.h[b * NH + j] = LOAD(codes + b * NH + j);
    }
    SYNC();
    // Loaded before the product, so that the values are available after it.
    float raws[RAWS];
#pragma unroll
    for (int n = 0; n < RAWS; ++n) {
      const int i = tid + n * T, b = i / VS, column = v0 + i % VS;
      const bool there = i < B * VS && column < NV;
      raws[n] = there ? LOAD_ONCE(data + (long long)rows[t * B + b] * NV + column) : 0;
    }
    {
      float acc[ROUNDS_V * 32];
#pragma unroll
      for (int i = 0; i < ROUNDS_V * 32; ++i) acc[i] = 0;
#pragma unroll
      for (int it = 0; it < IT_H; ++it) {
        int j = it * STRIDE + kg * 32 + lane;
        if (j < NH) {
          float w[VS];
#pragma unroll
          for (int v = 0; v < VS; ++v) w[v] = s.own_rows[0][v * NH + j];
#pragma unroll
          for (int i = 0; i < BR; ++i) {
            int b = rg * BR + i;
            float h = b < B ? s.h[b * NH + j] : 0;
#pragma unroll
            for (int v = 0; v < VS; ++v) acc[i * VS + v] = fmaf(h, w[v], acc[i * VS + v]);
          }
        }
      }
#pragma unroll
      for (int r = 0; r < ROUNDS_V; ++r) s.parts[warp][r * 32 + lane] = sums_by_lane(acc + 32 * r, lane);
    }
    SYNC();
#pragma unroll
    for (int n = 0; n < RAWS; ++n) {
      const int i = tid + n * T;
      if (i >= B * VS) break;
      const float raw = raws[n];
      int b = i / VS, v = i % VS, of = b % BR * VS + v;
      float z = 0;
      for (int g = 0; g < KG; ++g) z += s.parts[b / BR * KG + g][of];
      bool there = v0 + v < NV;
      float u[room(NP)], sums[room(NGV)], dz = 0, cost = 0, x = there ? s.x[b * NV + v0 + v] : 0;
      for (int m = 0; m < NP; ++m) u[m] = s.v[m][v];
      for (int m = 0; m < NGV; ++m) sums[m] = 0;
      if (there) output(z, raw, x, v0 + v, u, s, dz, cost, sums);
      s.own_x[b * VS_STRIDE + v] = x; s.own_dz[b * VS_STRIDE + v] = dz; s.cost[i] = cost;
      for (int m = 0; m < NGV; ++m) s.of_visible[m][i] = sums[m];
      if (there) STORE(outputs + b * NV + v0 + v, dz);
    }
    arrive();
    if (warp == 0) {
      float cost = 0;
      for (int i = lane; i < B * VS; i += 32) cost += s.cost[i];
#pragma unroll
      for (int half = 16; half; half >>= 1) cost += SHFL_XOR(cost, half);
      if (lane == 0) partial_costs[t * G + BLOCK] = cost;
    }
    for (int v = tid; v < VS; v += T) {
      float sums[room(NGV)], u[room(NP)];
      for (int n = 0; n < NGV; ++n) { sums[n] = 0; for (int b = 0; b < B; ++b) sums[n] += s.of_visible[n][b * VS + v]; }
      for (int n = 0; n < NP; ++n) u[n] = s.v[n][v];
      update_visible(u, sums, s.scalars);
      for (int n = 0; n < NP; ++n) s.v[n][v] = u[n];
    }
    wait();

    // Computes what own hidden units send back, and updates own columns of W.
    {
      float acc[ROUNDS_H * 32];
#pragma unroll
      for (int i = 0; i < ROUNDS_H * 32; ++i) acc[i] = 0;
#pragma unroll
      for (int it = 0; it < IT_V; ++it) {
        int k = it * STRIDE + kg * 32 + lane;
        if (k < NV) {
          float w[HS];
#pragma unroll
          for (int j = 0; j < HS; ++j) w[j] = s.own_columns[0][k * HS + j];
#pragma unroll
          for (int i = 0; i < BR; ++i) {
            int b = rg * BR + i;
            float dz = b < B ? LOAD(outputs + b * NV + k) : 0;
            if (KEEP_DZ && b < B) s.dz[b * NV + k] = dz;
#pragma unroll
            for (int j = 0; j < HS; ++j) acc[i * HS + j] = fmaf(dz, w[j], acc[i * HS + j]);
          }
        }
      }
#pragma unroll
      for (int r = 0; r < ROUNDS_H; ++r) s.parts[warp][r * 32 + lane] = sums_by_lane(acc + 32 * r, lane);
    }
    SYNC();
    for (int i = tid; i < B * HS; i += T) {
      int b = i / HS, j = i % HS, of = b % BR * HS + j;
      float dh = 0, da = 0, q[room(NQ)], sums[room(NGH)];
      for (int g = 0; g < KG; ++g) dh += s.parts[b / BR * KG + g][of];
      for (int n = 0; n < NQ; ++n) q[n] = s.q[n][j];
      backward(dh, s.a[i], s.own_h[i], q, s.scalars, da, sums);
      s.own_da[i] = da;
      for (int n = 0; n < NGH; ++n) s.of_hidden[n][i] = sums[n];
      if (h0 + j < NH) STORE(sent_back + b * NH + h0 + j, da);
    }
    SYNC();
    draw_keys(s, tid - 32);
    if (tid < KSTEP) {
      float g1[KPT][HS], g2[KPT][HS];
#pragma unroll
      for (int c = 0; c < KPT; ++c)
#pragma unroll
        for (int j = 0; j < HS; ++j) g1[c][j] = g2[c][j] = 0;
#pragma unroll 4
      for (int b = 0; b < B; ++b) {
        float da[HS], h[HS];
#pragma unroll
        for (int j = 0; j < HS; ++j) { da[j] = s.own_da[b * HS + j]; h[j] = s.own_h[b * HS + j]; }
#pragma unroll
        for (int c = 0; c < KPT; ++c) {
          int k = tid + c * KSTEP;
          if (k < NV) {
            float x = s.x[b * NV + k], dz = KEEP_DZ ? s.dz[b * NV + k] : LOAD(outputs + b * NV + k);
#pragma unroll
            for (int j = 0; j < HS; ++j) { g1[c][j] = fmaf(x, da[j], g1[c][j]); g2[c][j] = fmaf(dz, h[j], g2[c][j]); }
          }
        }
      }
#pragma unroll
      for (int c = 0; c < KPT; ++c) {
        int k = tid + c * KSTEP;
        if (k < NV)
          for (int j = 0; j < HS; ++j) {
            float w[NW];
            for (int n = 0; n < NW; ++n) w[n] = s.own_columns[n][k * HS + j];
            update_weight(w, g1[c][j], g2[c][j], s.scalars);
            for (int n = 0; n < NW; ++n) s.own_columns[n][k * HS + j] = w[n];
          }
      }
    }
    for (int j = tid; j < HS; j += T) {
      float sums[room(NGH)], q[room(NQ)];
      for (int n = 0; n < NGH; ++n) { sums[n] = 0; for (int b = 0; b < B; ++b) sums[n] += s.of_hidden[n][b * HS + j]; }
      for (int n = 0; n < NQ; ++n) q[n] = s.q[n][j];
      update_hidden(q, sums, s.scalars);
      for (int n = 0; n < NQ; ++n) s.q[n][j] = q[n];
    }
    SYNC();
    if (t + 1 < p.n_minibatches) put();
    if (tid == 0) {
      s.before = s.scalars;
      update_scalars(s.scalars);
      derive_scalars(s.scalars);
    }
    SYNC();
  }

  for (int n = 0; n < NW; ++n)
    for (int i = tid; i < NV * HS; i += T)
      if (h0 + i % HS < NH) pointer<float>(p, WEIGHTS_AFTER + n)[(i / HS) * NH + h0 + i % HS] = s.own_columns[n][i];
  for (int n = 0; n < NP; ++n) if (tid < VS && v0 + tid < NV) pointer<float>(p, VISIBLE_AFTER + n)[v0 + tid] = s.v[n][tid];
  for (int n = 0; n < NQ; ++n) if (tid < HS && h0 + tid < NH) pointer<float>(p, HIDDEN_AFTER + n)[h0 + tid] = s.q[n][tid];
  if (BLOCK == 0 && tid == 0) store_scalars(p, s.scalars);
  arrive();
  wait();
  for (int t = BLOCK * T + tid; t < p.n_minibatches; t += G * T) {
    float total = 0;
    for (int g = 0; g < G; ++g) total += LOAD(partial_costs + t * G + g);
    pointer<float>(p, COSTS)[t] = total_cost(total, s.scalars);
  }
}
