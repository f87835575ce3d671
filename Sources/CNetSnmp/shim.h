// Before net-snmp's own settings, so that the C library looks as it does to everyone else.
#include <string.h>
#include <sys/select.h>
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/large_fd_set.h>

// What Swift cannot see because it is a macro with a cast in it.
static const int cnetsnmp_get = SNMP_MSG_GET;
static const int cnetsnmp_report = SNMP_MSG_REPORT;

// Reads what waits on the one socket of a session.
static inline void cnetsnmp_read(void *session, int socket) {
  netsnmp_large_fd_set set;
  netsnmp_large_fd_set_init(&set, FD_SETSIZE);
  memset(set.lfs_setptr, 0, sizeof(fd_set));
  netsnmp_large_fd_setfd(socket, &set);
  snmp_sess_read2(session, &set);
  netsnmp_large_fd_set_cleanup(&set);
}
