#include <sys/time.h>
#include <ldap.h>
#include <openldap.h>

// Of <sys/mman.h>, which shows it only to programs that ask for everything of GNU.
extern int memfd_create(const char *name, unsigned int flags);

// Values behind pointers, one function for each kind.
static inline int cldap_number(LDAP *ld, int option, int value) { return ldap_set_option(ld, option, &value); }
static inline int cldap_text(LDAP *ld, int option, const char *value) { return ldap_set_option(ld, option, value); }
static inline int cldap_off(LDAP *ld, int option) { return ldap_set_option(ld, option, LDAP_OPT_OFF); }
static inline int cldap_wait(LDAP *ld, int option, int seconds) {
  struct timeval value = {seconds, 0};
  return ldap_set_option(ld, option, &value);
}
// An answer longer than this ends the connection.
static inline int cldap_bound(LDAP *ld, ber_len_t most) {
  Sockbuf *buffer = NULL;
  if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &buffer) != 0 || buffer == NULL) return -1;
  return ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &most) < 0 ? -1 : 0;
}
// The certificate that the server has shown (DER), to be given back with ldap_memfree; NULL without one.
static inline char *cldap_certificate(LDAP *ld, ber_len_t *length) {
  struct berval value = {0, NULL};
  if (ldap_get_option(ld, LDAP_OPT_X_TLS_PEERCERT, &value) != 0) return NULL;
  *length = value.bv_len;
  return value.bv_val;
}
// A file that has no name on any disk.
static inline int cldap_memory(void) { return memfd_create("mamorite-ca", 1 /* MFD_CLOEXEC */); }

static inline int cldap_search(
    LDAP *ld, const char *base, int scope, const char *filter, char **attributes, int seconds, int most, int *number) {
  struct timeval limit = {seconds, 0};
  return ldap_search_ext(ld, base, scope, filter, attributes, 0, NULL, NULL, &limit, most, number);
}
static inline int cldap_next(LDAP *ld, int number, int seconds, LDAPMessage **message) {
  struct timeval limit = {seconds, 0};
  return ldap_result(ld, number, LDAP_MSG_ONE, &limit, message);
}

static const int cldap_base = LDAP_SCOPE_BASE;
static const int cldap_subtree = LDAP_SCOPE_SUBTREE;
static const int cldap_entry = LDAP_RES_SEARCH_ENTRY;
static const int cldap_result = LDAP_RES_SEARCH_RESULT;
