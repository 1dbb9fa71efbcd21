/// The loops between the matrix products of a transformer.
///
/// Each is written once, in vectors of the compiler's own kind, and compiled for several instruction sets;
/// `plumb_kernels_best` gives the table for the processor that runs. Everything runs on the calling thread.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "CThreadPool.h"

/// One row of numbers quantised to unsigned bytes: `value ≈ scale · (byte − zero)`.
typedef struct {
  float scale;
  int32_t zero;
} plumb_row_scale;

/// What an attention kernel reads and writes. All strides are in elements.
typedef struct {
  /// The first query, key and value of the sequence, for head 0.
  const float *query, *key, *value;
  /// Between positions of the queries, and of the keys and values.
  size_t query_stride, key_stride;
  /// Where the first position's output goes, for head 0.
  float *output;
  size_t output_stride;
  /// Positions that ask, positions that are asked, and the number of the first that asks.
  size_t queries, keys, first_query;
  /// Numbers in a head.
  size_t head_width;
  /// Whether a position sees only itself and those before it.
  int32_t causal;
  /// Scratch of `plumb_attention_scratch` floats (`plumb_talking_heads_scratch` where heads are mixed), aligned to
  /// 64 bytes.
  float *scratch;
} plumb_attention;

/// The floats of scratch that attention over `keys` positions needs.
size_t plumb_attention_scratch(size_t keys, size_t head_width);

/// Matrices that mix the maps of all heads: head h becomes the sum over g of matrix[h][g] times the map of head g.
typedef struct {
  size_t heads;
  /// (heads, heads) each: of the scores before the softmax, and of the probabilities after it.
  const float *scores, *probabilities;
} plumb_talking_heads;

/// The floats of scratch that attention over `keys` positions with talking-heads attention needs.
size_t plumb_talking_heads_scratch(size_t keys, size_t head_width, size_t heads);

/// What follows a product before it is stored.
typedef enum { PLUMB_STORE = 0, PLUMB_QUICK_GELU = 1, PLUMB_GELU = 2, PLUMB_ADD = 3, PLUMB_RELU6 = 4 } plumb_epilogue;

/// A product of rows by packed weights, of f32 or of bf16 numbers: `inputs`, strides and panels count units of 4 bytes, an
/// f32 or two bf16.
typedef struct {
  /// (rows, inputs)
  const float *source;
  size_t source_stride, row_count, inputs;
  /// Weights as `plumb_float_panels_pack` lays out `all_outputs` of them.
  const float *panels;
  size_t all_outputs;
  /// The outputs that are wanted; the first is a multiple of 16.
  size_t first_output, outputs;
  /// `outputs` numbers, or null.
  const float *bias;
  float *destination;
  size_t destination_stride;
  plumb_epilogue epilogue;
  /// Where the results go instead, behind ReLU6, as bytes from 0 to 255 for 0 to 6; null but in tables with `byte_depthwise`.
  uint8_t *bytes;
} plumb_float_product;

/// The outputs in a panel of f32 or bf16 weights, and the units that lie together.
#define PLUMB_FLOAT_PANEL 16
#define PLUMB_FLOAT_DEPTH 256
/// The units that (outputs, inputs) weights take in panels.
size_t plumb_float_panels_count(size_t outputs, size_t inputs);
/// Lays some rows of weights, of which the first is a multiple of 16, out in the panels of all of them.
void plumb_float_panels_pack(const float *weights, size_t first, size_t count, size_t outputs, size_t inputs,
                             float *panels);

/// A product of quantised rows by quantised weights, scaled back to f32.
typedef struct {
  /// (rows, inputs), of at most the table's `byte_levels`; `inputs` is a multiple of 8.
  const uint8_t *source;
  size_t source_stride;
  const plumb_row_scale *rows;
  size_t row_count, inputs, outputs;
  /// The weights, quantised with the table's `byte_group`, as `plumb_byte_panels_pack` lays them out.
  const int8_t *panels;
  const float *column_scales;
  const int32_t *column_sums;
  /// `outputs` numbers, or null.
  const float *bias;
  float *destination;
  size_t destination_stride;
  plumb_epilogue epilogue;
  /// Where the results go instead, behind ReLU6, as bytes from 0 to 255 for 0 to 6; null but in tables with `byte_depthwise`.
  uint8_t *bytes;
} plumb_byte_product;

/// The highest byte of an activation, and the limit of a group of weights, where sums of four products have 16 bits: 180 · 182 is below
/// 2¹⁵. About equal, so that both sides lose as little to rounding.
#define PLUMB_BYTE_LEVELS 180
#define PLUMB_BYTE_GROUP 182
/// The outputs that a panel of byte weights holds.
#define PLUMB_BYTE_PANEL 16
/// The bytes that (outputs, inputs) weights take in panels.
size_t plumb_byte_panels_size(size_t outputs, size_t inputs);
/// Lays row-major byte weights out in panels of 16 outputs, 4 inputs of each side by side.
void plumb_byte_panels_pack(const int8_t *weights, size_t outputs, size_t inputs, int8_t *panels);

/// A depthwise convolution with ReLU6 over some lines of a square map whose pixels are rows of channels.
typedef struct {
  /// Where line `source_row` of the map begins.
  const float *source;
  size_t source_row;
  /// Pixels in a line of the map, and numbers in a pixel.
  size_t side, channels;
  /// (kernel · kernel, channels), and a number for each channel.
  const float *weights, *bias;
  /// 3 or 5; 1 or 2; and how far the first window begins outside of the map.
  size_t kernel, stride, before;
  /// The lines of outputs that are wanted, and the outputs in a line.
  size_t first_output_row, output_rows, output_side;
  /// The channels that are wanted.
  size_t first_channel, channel_count;
  /// Where the first wanted line of outputs begins: numbers or, where there is a place for them, bytes, of which `levels`
  /// stands for 6.
  float *destination;
  uint8_t *bytes;
  int32_t levels;
} plumb_depthwise;

/// The same of bytes from 0 to 255, which stand for 0 to 6, by bytes.
typedef struct {
  /// Where line `source_row` of the map begins.
  const uint8_t *source;
  size_t source_row;
  /// As of the other.
  size_t side, channels, kernel, stride, before, first_output_row, output_rows, output_side;
  /// What `plumb_byte_depthwise_pack` makes.
  const int8_t *weights;
  const float *scales, *bias;
  /// The channels that are wanted; the first is a multiple of 64, and so is the end, unless it is that of all.
  size_t first_channel, channel_count;
  /// Where the first wanted line of outputs begins, bytes from 0 to 255 for 0 to 6.
  uint8_t *destination;
} plumb_byte_depthwise;

/// How many channels are computed together where so many are left: 64, or 32 for the last ones.
size_t plumb_byte_depthwise_group(size_t left);
/// All channels, those that fill the last group included.
size_t plumb_byte_depthwise_channels(size_t channels);
/// Brings (channels, kernel · kernel) bytes of weights with a scale and a bias for each channel into the order that the
/// convolution reads; for all channels, filled up, `kernel` times 4 (or 8, for a kernel of 5) bytes of weights each.
void plumb_byte_depthwise_pack(const int8_t *weights, const float *scales, const float *bias, size_t channels,
                               size_t kernel, int8_t *packed, float *packed_scales, float *packed_bias);

/// Products of rows of signed bytes by one query, whose numbers are 128 · high + low.
typedef struct {
  /// (count, width)
  const int8_t *rows;
  size_t count, width;
  /// `width` bytes each, from −127 to 127, with zeros behind them up to a multiple of 64.
  const int8_t *high, *low;
  /// `count` numbers, which are whole.
  float *scores;
} plumb_byte_scan;

typedef struct {
  /// The name that `PLUMB_KERNELS` takes, and the instruction set for people: "AVX-512 with VNNI".
  const char *name, *title;

  /// y = (x − mean) / √(variance + ε) · weight + bias, row by row of `count` numbers.
  void (*layer_norm)(const float *x, size_t x_stride, const float *weight, const float *bias, float epsilon,
                     size_t rows, size_t count, float *y, size_t y_stride);

  /// Attention of one head: softmax(q·kᵀ/√width)·v.
  void (*attention)(const plumb_attention *a, size_t head);
  /// Attention of all heads, mixed: A = softmax(scores · (q·kᵀ/√width)), output = (probabilities · A)·v.
  void (*talking_heads_attention)(const plumb_attention *a, const plumb_talking_heads *mixers);

  /// y += x
  void (*add)(const float *x, size_t count, float *y);
  /// y *= factor
  void (*multiply)(float factor, size_t count, float *y);
  /// Σ x·y, in f32 with several partial sums.
  float (*dot)(const float *x, const float *y, size_t count);
  /// The largest number that is one; −∞ of none.
  float (*largest)(const float *x, size_t count);
  /// y = exp((x − most) · scale), number by number, and Σ y.
  float (*exponentials)(const float *x, size_t count, float most, float scale, float *y);
  /// x → x·sigmoid(1.702x)
  void (*quick_gelu)(float *x, size_t count);
  /// x → x·Φ(x)
  void (*gelu)(float *x, size_t count);

  /// x → min(max(x, 0), 6)
  void (*relu6)(float *x, size_t count);
  /// A depthwise convolution with ReLU6.
  void (*depthwise)(const plumb_depthwise *d);

  /// bf16 and f16 to f32, and f32 to bf16 (to nearest even).
  void (*widen_bf16)(const uint16_t *x, size_t count, float *y);
  void (*widen_f16)(const uint16_t *x, size_t count, float *y);
  void (*narrow_bf16)(const float *x, size_t count, uint16_t *y);
  /// Signed bytes to f32.
  void (*widen_bytes)(const int8_t *x, size_t count, float *y);

  /// Quantises (rows, count) numbers to 0…levels, each row by itself: its range, with zero in it, is spread over them.
  /// The scale of a row is NaN when one of its numbers is not finite.
  void (*quantize)(const float *x, size_t rows, size_t count, int32_t levels, uint8_t *y, plumb_row_scale *scales);
  /// A product of f32 numbers, or null where only oneDNN has one.
  void (*float_product)(const plumb_float_product *p);
  /// A product of bf16 numbers with f32 sums, or null where the processor multiplies no such numbers.
  void (*half_product)(const plumb_float_product *p);
  /// A product of bytes, or null where only oneDNN has one.
  void (*byte_product)(const plumb_byte_product *p);
  /// A depthwise convolution of bytes, or null where the processor has none that is faster than that of f32 numbers.
  void (*byte_depthwise)(const plumb_byte_depthwise *d);
  /// The highest byte of an activation in a product of bytes, and the limit for a group of weights, or 0.
  int32_t byte_levels, byte_group;
  /// Quantises the weights of one output to −127…127 and gives their scale and the sum of the bytes; the scale is
  /// NaN when one of the weights is not finite. With a group limit above 0, the magnitudes of bytes 0, 1, 4, 5 and of
  /// 2, 3, 6, 7 of each eight add up to no more than it.
  float (*quantize_weights)(const float *x, size_t count, int32_t group_limit, int8_t *y, int32_t *total);
  /// y = (x − zero·sum) · row scale · column scale + bias, where there is one
  void (*dequantize)(const int32_t *x, plumb_row_scale row, const int32_t *column_sums,
                     const float *column_scales, const float *bias, size_t count, float *y);

  /// Products of (count, width) rows of f32, f16 or bytes by one query.
  void (*scan_floats)(const float *rows, size_t count, size_t width, const float *query, float *scores);
  void (*scan_halves)(const uint16_t *rows, size_t count, size_t width, const float *query, float *scores);
  void (*scan_bytes)(const plumb_byte_scan *s);

  /// Cuts `height × width` interleaved RGB bytes into rows of 3·patch·patch normalised numbers, channel by
  /// channel, patch by patch in reading order. `table` is 3 × 256.
  void (*cut_patches)(const uint8_t *pixels, size_t height, size_t width, size_t patch, const float *table,
                      float *rows);
} plumb_kernels;

/// The products of bytes of AVX2.
void plumb_scan_bytes_avx2(const plumb_byte_scan *s);
void plumb_byte_product_avx2(const plumb_byte_product *p);

/// The fastest table that this processor runs; `PLUMB_KERNELS=baseline|avx2|avx512|avx512vnni|avx512bf16|amx` asks for another.
const plumb_kernels *plumb_kernels_best(void);
/// A table by its name, or null when this processor does not run it.
const plumb_kernels *plumb_kernels_named(const char *name);
