// Copies the data of ICU, which Foundation is linked with, without what is for other languages than English and for other
// character sets than Unicode: 34 MB become 6.
//
//   trim-icu ICU.dat OUT.dat
//
// The format is ICU's "common data": a header, the number of entries, a table of (offset of the name, offset of the item), the names in
// order, and the items, each at a multiple of 16; offsets count from the table.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int ends(const char *text, const char *end) {
  const size_t a = strlen(text), b = strlen(end);
  return a >= b && strcmp(text + a - b, end) == 0;
}

// Whether an item is for the program: `name` is "icudt76l/zone/de.res".
static int is_wanted(const char *name) {
  const char *path = strchr(name, '/');
  if (path == NULL) return 1;
  path++;
  if (ends(path, ".cnv") || ends(path, ".dict") || ends(path, ".spp")) return 0;
  if (strncmp(path, "translit/", 9) == 0 || strncmp(path, "rbnf/", 5) == 0) return 0;
  const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
  if (!ends(base, ".res")) return strcmp(base, "unames.icu") != 0;
  // Names of languages have two or three letters: "de.res", "gsw_CH.res"; all others are tables that every language shares.
  const size_t letters = strspn(base, "abcdefghijklmnopqrstuvwxyz");
  const int is_language = letters <= 3 && (base[letters] == '_' || base[letters] == '.');
  return !is_language || strcmp(base, "en.res") == 0 || strncmp(base, "en_001", 6) == 0 || strncmp(base, "en_US", 5) == 0 ||
         strncmp(base, "en_GB", 5) == 0;
}

static uint32_t number(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, 4);
  return value;
}

static void fail(const char *what) {
  fprintf(stderr, "trim-icu: %s\n", what);
  exit(1);
}

int main(int count, char **arguments) {
  if (count != 3) fail("ICU.dat OUT.dat");
  FILE *in = fopen(arguments[1], "rb");
  if (in == NULL || fseek(in, 0, SEEK_END) != 0) fail("the data cannot be read");
  const long size = ftell(in);
  rewind(in);
  uint8_t *data = malloc((size_t)(size > 0 ? size : 1));
  if (size < 32 || data == NULL || fread(data, 1, (size_t)size, in) != (size_t)size) fail("the data cannot be read");
  fclose(in);
  uint16_t header;
  memcpy(&header, data, 2);
  if (data[2] != 0xDA || data[3] != 0x27 || header > 4096 || memcmp(data + 12, "CmnD", 4) != 0) fail("this is no data of ICU");
  const uint8_t *base = data + header;
  const uint32_t total = number(base), end = (uint32_t)(size - header);
  if ((uint64_t)total * 8 + 4 > end) fail("the table is damaged");
  uint32_t kept = 0, names = 0;
  for (uint32_t i = 0; i < total; i++) {
    const uint32_t name = number(base + 4 + 8 * i), item = number(base + 8 + 8 * i);
    if (name >= end || item > end || memchr(base + name, 0, end - name) == NULL) fail("the table is damaged");
    if (!is_wanted((const char *)base + name)) continue;
    kept++;
    names += (uint32_t)strlen((const char *)base + name) + 1;
  }
  FILE *out = fopen(arguments[2], "wb");
  if (out == NULL) fail("the data cannot be written");
  // Padding to a multiple of 16 of the whole file, as the header's size is one too.
  const uint32_t table = 4 + 8 * kept, first = (table + names + 15) / 16 * 16;
  uint8_t *head = calloc(1, first);
  if (head == NULL) fail("there is no memory");
  memcpy(head, &kept, 4);
  uint32_t entry = 4, text = table, place = first;
  for (int pass = 0; pass < 2; pass++) {
    for (uint32_t i = 0; i < total; i++) {
      const char *name = (const char *)base + number(base + 4 + 8 * i);
      const uint32_t item = number(base + 8 + 8 * i);
      const uint32_t next = i + 1 < total ? number(base + 16 + 8 * i) : end;
      if (!is_wanted(name)) continue;
      if (next < item || next > end) fail("the table is damaged");
      const uint32_t length = (next - item + 15) / 16 * 16;
      if (pass == 0) {
        memcpy(head + entry, &text, 4);
        memcpy(head + entry + 4, &place, 4);
        memcpy(head + text, name, strlen(name) + 1);
        entry += 8;
        text += (uint32_t)strlen(name) + 1;
        place += length;
      } else {
        static const uint8_t zeros[16];
        fwrite(base + item, 1, next - item, out);
        fwrite(zeros, 1, length - (next - item), out);
      }
    }
    if (pass == 0) {
      fwrite(data, 1, header, out);
      fwrite(head, 1, first, out);
    }
  }
  if (fclose(out) != 0) fail("the data cannot be written");
  return 0;
}
