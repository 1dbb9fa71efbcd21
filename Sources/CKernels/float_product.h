// Products of f32 rows by packed weights. Included by kernels_avx2.c.
//
// Weights lie in panels of 16 outputs, 256 inputs at a time: one such piece stays in the first-level cache while all rows
// of a block pass it, and the block's inputs stay in the second. Six rows by two vectors of sums fill the registers.
#include "CKernels.h"

#define FLOAT_PANEL (2 * LANES)
#define FLOAT_ROW_BLOCK 96  // at most; a multiple of 6

/// What a tile does with its sums: where they start, and what follows them.
typedef struct {
  int is_first, is_last;
  const float *bias;
  plumb_epilogue epilogue;
} float_tile;

#define DEFINE_FLOAT_TILE(ROWS)                                                                                 \
  static void float_tile_##ROWS(const float *a, size_t stride, const float *w, size_t depth, float *c,         \
                                size_t c_stride, const float_tile *t) {                                        \
    vf c0[ROWS], c1[ROWS];                                                                                     \
    const int starts_empty = t->is_first && t->epilogue != PLUMB_ADD;                                          \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                                        \
      c0[r] = starts_empty ? (vf){0} : load(c + r * c_stride);                                                 \
      c1[r] = starts_empty ? (vf){0} : load(c + r * c_stride + LANES);                                         \
    }                                                                                                          \
    const float *lower = a + 3 * stride;                                                                       \
    _Pragma("clang loop unroll_count(4)") for (size_t k = 0; k < depth; k++, w += FLOAT_PANEL) {               \
      const vf w0 = load(w), w1 = load(w + LANES);                                                             \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                                      \
        const vf x = all(r < 3 ? a[r * stride + k] : lower[(r - 3) * stride + k]);                             \
        c0[r] += x * w0;                                                                                       \
        c1[r] += x * w1;                                                                                       \
      }                                                                                                        \
    }                                                                                                          \
    if (t->is_last) {                                                                                          \
      const vf b0 = t->bias ? load(t->bias) : (vf){0}, b1 = t->bias ? load(t->bias + LANES) : (vf){0};         \
      for (int r = 0; r < ROWS; r++) {                                                                         \
        c0[r] = followed(c0[r] + b0, t->epilogue);                                                             \
        c1[r] = followed(c1[r] + b1, t->epilogue);                                                             \
      }                                                                                                        \
    }                                                                                                          \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                                        \
      store(c + r * c_stride, c0[r]);                                                                          \
      store(c + r * c_stride + LANES, c1[r]);                                                                  \
    }                                                                                                          \
  }
DEFINE_FLOAT_TILE(6)
DEFINE_FLOAT_TILE(2)
DEFINE_FLOAT_TILE(1)

/// All rows of a block by one piece of a panel.
static void float_panel(const float *a, size_t stride, size_t rows, const float *w, size_t depth, float *c,
                        size_t c_stride, const float_tile *t) {
  for (; rows >= 6; rows -= 6, a += 6 * stride, c += 6 * c_stride)
    float_tile_6(a, stride, w, depth, c, c_stride, t);
  for (; rows >= 2; rows -= 2, a += 2 * stride, c += 2 * c_stride)
    float_tile_2(a, stride, w, depth, c, c_stride, t);
  if (rows) float_tile_1(a, stride, w, depth, c, c_stride, t);
}

/// The same for the last panel of outputs that are not a multiple of 16, by way of a block of whole panels.
static void float_partial_panel(const float *a, size_t stride, size_t rows, const float *w, size_t depth, float *c,
                                size_t c_stride, size_t count, const float_tile *t) {
  float whole[FLOAT_ROW_BLOCK * FLOAT_PANEL], bias[FLOAT_PANEL] = {0};
  float_tile own = *t;
  if (t->bias) {
    memcpy(bias, t->bias, count * sizeof(float));
    own.bias = bias;
  }
  memset(whole, 0, sizeof whole);
  for (size_t r = 0; r < rows; r++) memcpy(whole + r * FLOAT_PANEL, c + r * c_stride, count * sizeof(float));
  float_panel(a, stride, rows, w, depth, whole, FLOAT_PANEL, &own);
  for (size_t r = 0; r < rows; r++) memcpy(c + r * c_stride, whole + r * FLOAT_PANEL, count * sizeof(float));
}

static void float_product(const plumb_float_product *p) {
  const size_t padded = rounded_up(p->all_outputs, FLOAT_PANEL);
  // Every block reads all weights, so blocks are few and even: none of a handful of rows.
  const size_t blocks = (p->row_count + FLOAT_ROW_BLOCK - 1) / FLOAT_ROW_BLOCK;
  const size_t block = blocks ? rounded_up((p->row_count + blocks - 1) / blocks, 6) : 0;
  for (size_t row = 0; row < p->row_count; row += block) {
    const size_t rows = p->row_count - row < block ? p->row_count - row : block;
    const float *source = p->source + row * p->source_stride;
    float *destination = p->destination + row * p->destination_stride;
    for (size_t k = 0; k < p->inputs; k += PLUMB_FLOAT_DEPTH) {
      const size_t depth = p->inputs - k < PLUMB_FLOAT_DEPTH ? p->inputs - k : PLUMB_FLOAT_DEPTH;
      const float *panels = p->panels + k * padded + p->first_output * depth;
      float_tile t = {.is_first = k == 0, .is_last = k + depth == p->inputs, .epilogue = p->epilogue};
      for (size_t n = 0; n < p->outputs; n += FLOAT_PANEL, panels += FLOAT_PANEL * depth) {
        t.bias = p->bias ? p->bias + n : NULL;
        if (n + FLOAT_PANEL <= p->outputs)
          float_panel(source + k, p->source_stride, rows, panels, depth, destination + n,
                      p->destination_stride, &t);
        else
          float_partial_panel(source + k, p->source_stride, rows, panels, depth, destination + n,
                              p->destination_stride, p->outputs - n, &t);
      }
    }
  }
}
