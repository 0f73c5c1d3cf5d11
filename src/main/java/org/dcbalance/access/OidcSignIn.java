package org.dcbalance.access;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.Objects;
import org.dcbalance.access.OidcRefusal.Why;
import org.dcbalance.audit.Act;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.client.ClientHttpResponse;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.converter.FormHttpMessageConverter;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.endpoint.RestClientAuthorizationCodeTokenResponseClient;
import org.springframework.security.oauth2.client.http.OAuth2ErrorResponseErrorHandler;
import org.springframework.security.oauth2.client.oidc.userinfo.OidcUserRequest;
import org.springframework.security.oauth2.client.oidc.userinfo.OidcUserService;
import org.springframework.security.oauth2.client.userinfo.DefaultOAuth2UserService;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestRedirectFilter;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizedClientRepository;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.http.converter.OAuth2AccessTokenResponseHttpMessageConverter;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.stereotype.Component;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Let people sign in at the OpenID provider: authorization code flow with PKCE (RFC 7636), state
 * and nonce. The provider says who somebody is and which role that one has; tokens are not kept.
 */
@Component
class OidcSignIn {
  private static final Logger log = LoggerFactory.getLogger(OidcSignIn.class);
  private static final Duration CONNECTING = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final int LONGEST_CODE = 60;
  private static final String SOMEBODY = "(somebody at the provider)";

  private final Oidc oidc;
  private final OidcUsers users;
  private final Refusals refusals;
  private final RefusalLog audit;

  OidcSignIn(Oidc oidc, OidcUsers users, RefusalLog audit) {
    this.oidc = oidc;
    this.users = users;
    this.audit = audit;
    this.refusals = new Refusals(new AccessRules(), audit);
  }

  /** Add it to the chain of people, if a provider is set. */
  void addTo(HttpSecurity http, AuthenticationSuccessHandler signedIn) {
    if (!oidc.settings().wanted()) {
      return;
    }
    var claims = claims();
    http.addFilterBefore(new OnlyIfKnown(), OAuth2AuthorizationRequestRedirectFilter.class)
        .oauth2Login(
            login ->
                login
                    .loginPage("/login")
                    .clientRegistrationRepository(oidc::registration)
                    .authorizedClientRepository(new KeepNothing())
                    .authorizationEndpoint(begin -> begin.baseUri(Oidc.BEGIN))
                    .redirectionEndpoint(back -> back.baseUri(Oidc.BACK))
                    .tokenEndpoint(token -> token.accessTokenResponseClient(tokens()))
                    .userInfoEndpoint(
                        info ->
                            info.oidcUserService(
                                request -> person(claims.loadUser(request), request)))
                    .successHandler(signedIn)
                    .failureHandler(this::failed));
  }

  private static RestClientAuthorizationCodeTokenResponseClient tokens() {
    var client = new RestClientAuthorizationCodeTokenResponseClient();
    client.setRestClient(
        RestClient.builder()
            .requestFactory(requests())
            .configureMessageConverters(
                converters ->
                    converters
                        .addCustomConverter(new FormHttpMessageConverter())
                        .addCustomConverter(new OAuth2AccessTokenResponseHttpMessageConverter()))
            .defaultStatusHandler(new OAuth2ErrorResponseErrorHandler())
            .build());
    return client;
  }

  private static OidcUserService claims() {
    var client = new RestTemplate(requests());
    client.setErrorHandler(
        new OAuth2ErrorResponseErrorHandler() {
          // a redirect is not followed, and has no claims
          @Override
          public boolean hasError(ClientHttpResponse answer) throws IOException {
            return !answer.getStatusCode().is2xxSuccessful();
          }
        });
    var told = new DefaultOAuth2UserService();
    told.setRestOperations(client);
    var claims = new OidcUserService();
    claims.setOauth2UserService(told);
    return claims;
  }

  /** Nobody waits long for a provider that hangs. */
  private static JdkClientHttpRequestFactory requests() {
    var requests =
        new JdkClientHttpRequestFactory(
            HttpClient.newBuilder()
                .connectTimeout(CONNECTING)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build());
    requests.setReadTimeout(ANSWER);
    return requests;
  }

  /** Turn what the provider says of somebody into a user here, or refuse. */
  private OidcUser person(OidcUser told, OidcUserRequest request) {
    var all = new HashMap<String, Object>(told.getClaims());
    var token = request.getIdToken();
    // both were checked: a token without them is none
    var issuer = URI.create(Objects.requireNonNull(token.getIssuer()).toString());
    var subject = Objects.requireNonNull(token.getSubject());
    var name = OidcUsers.wish(all.get(oidc.settings().nameClaim()), subject, issuer);
    var role = OidcRoles.of(all, oidc.settings());
    try {
      if (role.isEmpty()) {
        users.lost(issuer, subject);
        throw new OidcRefusal(Why.NO_ROLE, name);
      }
      var user = users.take(issuer, subject, all, role.get());
      if (!user.enabled()) {
        throw new OidcRefusal(Why.DISABLED, user.name());
      }
      return new OidcPerson(user.name(), user.role());
    } catch (DataAccessException e) {
      throw new AuthenticationServiceException("The database does not answer.", e);
    }
  }

  private void failed(
      HttpServletRequest request, HttpServletResponse response, AuthenticationException reason)
      throws IOException {
    if (reason instanceof AuthenticationServiceException away) {
      log.warn("A sign-in could not be checked.", away);
      refusals.send(request, response, Refusals.databaseAway(away));
      return;
    }
    var refusal =
        reason instanceof OidcRefusal known ? known : new OidcRefusal(why(reason), SOMEBODY);
    log.warn(
        "A sign-in through the provider from {} failed: {} ({})",
        request.getRemoteAddr(),
        refusal.why().words(),
        code(reason));
    audit.signIn(Act.SIGN_IN_FAILED, refusal.user(), request, refusal.why().words());
    lead(request, response, refusal.why());
  }

  /** The provider's description may be anybody's text, and so may be the code. */
  private static String code(AuthenticationException reason) {
    var code =
        reason instanceof OAuth2AuthenticationException told
            ? told.getError().getErrorCode()
            : reason.getClass().getSimpleName();
    var plain = code.replaceAll("[^\\x21-\\x7e]", "?");
    return plain.substring(0, Math.min(LONGEST_CODE, plain.length()));
  }

  private static Why why(Throwable reason) {
    for (var t = reason; t != null; t = t.getCause()) {
      if (t instanceof ResourceAccessException) {
        return Why.AWAY;
      }
    }
    return Why.FAILED;
  }

  private static void lead(HttpServletRequest request, HttpServletResponse response, Why why)
      throws IOException {
    response.sendRedirect(request.getContextPath() + "/login?oidc=" + why.word());
  }

  /** Nobody can be led to a provider that has not told its addresses yet. */
  private final class OnlyIfKnown extends OncePerRequestFilter {
    @Override
    protected void doFilterInternal(
        HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws ServletException, IOException {
      if (RequestKind.path(request).equals(Oidc.BEGIN + "/" + Oidc.REGISTRATION)
          && oidc.registration(Oidc.REGISTRATION) == null) {
        lead(request, response, Why.AWAY);
        return;
      }
      chain.doFilter(request, response);
    }
  }

  /** What the provider lets this console do in somebody's name is not wanted. */
  private static final class KeepNothing implements OAuth2AuthorizedClientRepository {
    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // as the interface has it
    public <T extends OAuth2AuthorizedClient> @Nullable T loadAuthorizedClient(
        String id, @Nullable Authentication principal, HttpServletRequest request) {
      return null;
    }

    @Override
    public void saveAuthorizedClient(
        OAuth2AuthorizedClient client,
        @Nullable Authentication principal,
        HttpServletRequest request,
        HttpServletResponse response) {
      Objects.requireNonNull(client);
    }

    @Override
    public void removeAuthorizedClient(
        String id,
        @Nullable Authentication principal,
        HttpServletRequest request,
        HttpServletResponse response) {
      Objects.requireNonNull(id);
    }
  }
}
