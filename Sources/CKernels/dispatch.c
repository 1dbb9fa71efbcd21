#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "CKernels.h"

extern const plumb_kernels plumb_kernels_baseline;
#if defined(__x86_64__)
extern const plumb_kernels plumb_kernels_avx2, plumb_kernels_avx512, plumb_kernels_avx512vnni,
    plumb_kernels_avx512bf16, plumb_kernels_amx;
#endif

size_t plumb_attention_scratch(size_t keys, size_t head_width) {
  // Room for the widest tile (two vectors of 64 bytes) whichever kernels run.
  const size_t padded = (keys + 31) / 32 * 32, width = (head_width + 31) / 32 * 32;
  return head_width * padded + padded * width + 6 * padded + 6 * width;
}

size_t plumb_talking_heads_scratch(size_t keys, size_t head_width, size_t heads) {
  const size_t padded = (keys + 31) / 32 * 32, width = (head_width + 31) / 32 * 32;
  return heads * (head_width * padded + padded * width + 2 * 6 * padded) + 6 * width;
}

size_t plumb_float_panels_count(size_t outputs, size_t inputs) {
  return (outputs + PLUMB_FLOAT_PANEL - 1) / PLUMB_FLOAT_PANEL * PLUMB_FLOAT_PANEL * inputs;
}

void plumb_float_panels_pack(const float *weights, size_t first, size_t count, size_t outputs, size_t inputs,
                             float *panels) {
  const size_t padded = plumb_float_panels_count(outputs, 1);
  for (size_t k = 0; k < inputs; k += PLUMB_FLOAT_DEPTH) {
    const size_t depth = inputs - k < PLUMB_FLOAT_DEPTH ? inputs - k : PLUMB_FLOAT_DEPTH;
    for (size_t n = 0; n < count; n += PLUMB_FLOAT_PANEL) {
      const size_t some = count - n < PLUMB_FLOAT_PANEL ? count - n : PLUMB_FLOAT_PANEL;
      float *panel = panels + k * padded + (first + n) * depth;
      for (size_t i = 0; i < depth; i++)
        for (size_t j = 0; j < PLUMB_FLOAT_PANEL; j++)
          panel[i * PLUMB_FLOAT_PANEL + j] = j < some ? weights[(n + j) * inputs + k + i] : 0;
    }
  }
}

size_t plumb_byte_panels_size(size_t outputs, size_t inputs) {
  return (outputs + PLUMB_BYTE_PANEL - 1) / PLUMB_BYTE_PANEL * PLUMB_BYTE_PANEL * inputs;
}

void plumb_byte_panels_pack(const int8_t *weights, size_t outputs, size_t inputs, int8_t *panels) {
  memset(panels, 0, plumb_byte_panels_size(outputs, inputs));
  for (size_t output = 0; output < outputs; output++) {
    int8_t *panel = panels + output / PLUMB_BYTE_PANEL * PLUMB_BYTE_PANEL * inputs;
    for (size_t input = 0; input < inputs; input += 4)
      memcpy(panel + input * PLUMB_BYTE_PANEL + output % PLUMB_BYTE_PANEL * 4, weights + output * inputs + input,
             4);
  }
}

size_t plumb_byte_depthwise_group(size_t left) { return left > 32 ? 64 : 32; }

size_t plumb_byte_depthwise_channels(size_t channels) {
  size_t all = 0;
  while (all < channels) all += plumb_byte_depthwise_group(channels - all);
  return all;
}

void plumb_byte_depthwise_pack(const int8_t *weights, const float *scales, const float *bias, size_t channels,
                               size_t kernel, int8_t *packed, float *packed_scales, float *packed_bias) {
  const size_t all = plumb_byte_depthwise_channels(channels), lines = (kernel + 3) / 4 * 4;
  memset(packed, 0, all * kernel * lines);
  memset(packed_scales, 0, all * sizeof(float));
  memset(packed_bias, 0, all * sizeof(float));
  for (size_t first = 0; first < channels; first += plumb_byte_depthwise_group(channels - first)) {
    const size_t group = plumb_byte_depthwise_group(channels - first);
    for (size_t i = 0; i < group && first + i < channels; i++) {
      // Interleaving takes every sixteen channels apart into four quarters of four.
      const size_t quarter = i / 4 % 4, lane = i / 16 * 4 + i % 4;
      packed_scales[first + quarter * (group / 4) + lane] = scales[first + i];
      packed_bias[first + quarter * (group / 4) + lane] = bias[first + i];
      for (size_t ky = 0; ky < kernel; ky++)
        for (size_t kx = 0; kx < kernel; kx++) {
          const size_t vector = (ky / 4 * kernel + kx) * 4 + quarter;
          packed[first * kernel * lines + vector * group + lane * 4 + ky % 4] =
              weights[(first + i) * kernel * kernel + ky * kernel + kx];
        }
    }
  }
}

#if defined(__x86_64__)
/// Whether the system lets this process use the tiles of AMX, whose state is so large that a process must ask.
static int has_tiles(void) {
#if defined(__linux__)
  const int request = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-int8") && __builtin_cpu_supports("amx-bf16") &&
         syscall(SYS_arch_prctl, request, tile_data) == 0;
#else
  return 0;
#endif
}
#endif

#define TABLES 6

/// The tables that this processor runs, the fastest first.
static size_t available(const plumb_kernels *tables[TABLES]) {
  size_t count = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const int avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  const int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const int vnni = avx512 && __builtin_cpu_supports("avx512vnni");
  const int bf16 = vnni && __builtin_cpu_supports("avx512bf16");
  if (bf16 && has_tiles()) tables[count++] = &plumb_kernels_amx;
  if (bf16) tables[count++] = &plumb_kernels_avx512bf16;
  if (vnni) tables[count++] = &plumb_kernels_avx512vnni;
  if (avx512) tables[count++] = &plumb_kernels_avx512;
  if (avx2) tables[count++] = &plumb_kernels_avx2;
#endif
  tables[count++] = &plumb_kernels_baseline;
  return count;
}

const plumb_kernels *plumb_kernels_named(const char *name) {
  const plumb_kernels *tables[TABLES];
  const size_t count = available(tables);
  for (size_t i = 0; i < count; i++)
    if (strcmp(tables[i]->name, name) == 0) return tables[i];
  return NULL;
}

const plumb_kernels *plumb_kernels_best(void) {
  const char *wanted = getenv("PLUMB_KERNELS");
  const plumb_kernels *found = wanted ? plumb_kernels_named(wanted) : NULL;
  const plumb_kernels *tables[TABLES];
  available(tables);
  return found ? found : tables[0];
}
