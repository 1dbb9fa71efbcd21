#include "CTorchBridge.h"

#ifdef __linux__
#include <malloc.h>
#endif

void plumb_keep_freed_memory(void) {
#ifdef __GLIBC__
  // A step frees what the next one asks for again; giving it back to the system each time costs a twentieth of the step.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}
