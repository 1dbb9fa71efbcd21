// The entry of the program that is installed, which is plumb and plumb-server in one: both share Swift's runtime, Foundation and
// most of Plumb. The name that it is called by says which one is meant.
#include <string.h>

// SwiftPM gives the entry of a module NAME this name.
int plumb_main(int count, char **arguments);
int plumb_server_main(int count, char **arguments);

int main(int count, char **arguments) {
  const char *name = count > 0 ? arguments[0] : "";
  const char *slash = strrchr(name, '/');
  if (slash != NULL) name = slash + 1;
  return strcmp(name, "plumb-server") == 0 ? plumb_server_main(count, arguments) : plumb_main(count, arguments);
}
