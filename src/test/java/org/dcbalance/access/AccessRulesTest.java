package org.dcbalance.access;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.DispatcherType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.mock.web.MockHttpServletRequest;

class AccessRulesTest {
  private final AccessRules rules = new AccessRules();

  @ParameterizedTest
  @CsvSource({
    "GET,    /login,                            NOBODY",
    "POST,   /login,                            NOBODY",
    "POST,   /logout,                           NOBODY",
    "GET,    /logout,                           VIEWER",
    "GET,    /login/oidc/provider,              NOBODY",
    "GET,    /login/oidc-back,                  NOBODY",
    "GET,    /app/app.js,                       NOBODY",
    "GET,    /actuator/health,                  NOBODY",
    "GET,    /actuator/prometheus,              VIEWER",
    "GET,    /v3/api-docs,                      VIEWER",
    "GET,    /,                                 VIEWER",
    "GET,    /live,                             VIEWER",
    "GET,    /hosts,                            VIEWER",
    "GET,    /hosts/7,                          VIEWER",
    "GET,    /api/v1/hosts/7,                   VIEWER",
    "GET,    /a-page-of-next-year,              VIEWER",
    "POST,   /preferences,                      VIEWER",
    "GET,    /account,                          VIEWER",
    "POST,   /account/password,                 VIEWER",
    "POST,   /rounds,                           OPERATOR",
    "POST,   /recommendations/approve,          OPERATOR",
    "POST,   /balancing/pause,                  OPERATOR",
    "POST,   /pools/1/pause,                    OPERATOR",
    "POST,   /hosts/1/maintenance,              OPERATOR",
    "POST,   /api/v1/hosts/1/maintenance,       OPERATOR",
    "DELETE, /api/v1/hosts/1/maintenance,       OPERATOR",
    "POST,   /api/v1/recommendations/9/approve, OPERATOR",
    "POST,   /api/v1/vms/9/migrations,          OPERATOR",
    "PATCH,  /api/v1/vms/9,                     OPERATOR",
    "DELETE, /a-page-of-next-year,              OPERATOR",
    "PUT,    /a-page-of-next-year,              OPERATOR",
    "GET,    /hosts/new,                        ADMINISTRATOR",
    "GET,    /hosts/7/edit,                     ADMINISTRATOR",
    "POST,   /migrations/9/abort,               OPERATOR",
    "POST,   /migrations/9/close,               ADMINISTRATOR",
    "POST,   /api/v1/migrations/9/close,        ADMINISTRATOR",
    "GET,    /api/v1/installation,              VIEWER",
    "POST,   /api/v1/installation/confirm,      ADMINISTRATOR",
    "POST,   /settings/installation/confirm,    ADMINISTRATOR",
    "POST,   /hosts,                            ADMINISTRATOR",
    "POST,   /hosts/7,                          ADMINISTRATOR",
    "POST,   /hosts/7/delete,                   ADMINISTRATOR",
    "POST,   /pools,                            ADMINISTRATOR",
    "POST,   /pools/1/storages,                 ADMINISTRATOR",
    "POST,   /settings/strategy/1,             ADMINISTRATOR",
    "POST,   /settings/strategy/1/preview,     ADMINISTRATOR",
    "GET,    /settings/strategy,               VIEWER",
    "POST,   /api/v1/hosts,                     ADMINISTRATOR",
    "PATCH,  /api/v1/hosts/7,                   ADMINISTRATOR",
    "DELETE, /api/v1/hosts/7,                   ADMINISTRATOR",
    "POST,   /api/v1/pools,                     ADMINISTRATOR",
    "PATCH,  /api/v1/pools/1,                   ADMINISTRATOR",
    "GET,    /settings/access,                  ADMINISTRATOR",
    "GET,    /api/v1/users,                     ADMINISTRATOR",
  })
  void everyRequestNeedsARole(String method, String path, String needed) {
    var request = new MockHttpServletRequest(method, path);
    assertThat(rules.needed(request).map(Enum::name).orElse("NOBODY")).isEqualTo(needed);
  }

  @Test
  void errorPagesAreForEverybody() {
    var request = new MockHttpServletRequest("POST", "/error");
    request.setDispatcherType(DispatcherType.ERROR);
    assertThat(rules.needed(request)).isEmpty();
  }

  @Test
  void rolesIncludeThoseBelow() {
    assertThat(Role.ADMINISTRATOR.includes(Role.VIEWER)).isTrue();
    assertThat(Role.OPERATOR.includes(Role.OPERATOR)).isTrue();
    assertThat(Role.VIEWER.includes(Role.OPERATOR)).isFalse();
  }
}
