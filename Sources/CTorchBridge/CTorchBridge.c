// The bridge is opened at run time: here is only its header.
#include "CTorchBridge.h"
