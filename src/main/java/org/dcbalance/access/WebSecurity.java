package org.dcbalance.access;

import static org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher.pathPattern;

import java.time.Clock;
import java.util.Map;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.password.DelegatingPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.oauth2.client.oidc.authentication.OidcIdTokenDecoderFactory;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtDecoderFactory;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.access.intercept.RequestAuthorizationContext;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.security.web.util.matcher.AndRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.transaction.support.TransactionOperations;

/** Guard every request: programs by token and without a session, people by session. */
@Configuration(proxyBeanMethods = false)
class WebSecurity {
  private static final int BCRYPT_STRENGTH = 11;

  private static final RequestMatcher TOKEN_PATHS =
      new OrRequestMatcher(
          pathPattern("/api/**"), pathPattern("/v3/**"), pathPattern("/actuator/**"));

  /** A page that a person opened: what to show after the sign-in. */
  private static final RequestMatcher WORTH_RETURNING_TO =
      request -> {
        var accept = request.getHeader(HttpHeaders.ACCEPT);
        return request.getMethod().equals("GET")
            && RequestKind.of(request) == RequestKind.PAGE
            && accept != null
            && accept.contains("text/html");
      };

  private final AccessRules rules = new AccessRules();
  private final Refusals refusals;
  private final RefusalLog log;

  WebSecurity(RefusalLog log) {
    this.log = log;
    this.refusals = new Refusals(rules, log);
  }

  @Bean
  PasswordEncoder passwordEncoder() {
    return new DelegatingPasswordEncoder(
        "bcrypt", Map.of("bcrypt", new BCryptPasswordEncoder(BCRYPT_STRENGTH)));
  }

  /** Found by type, by those who check what the OpenID provider has signed. */
  @Bean
  JwtDecoderFactory<ClientRegistration> idTokens(OidcSettings settings) {
    var algorithm = SignatureAlgorithm.from(settings.algorithm());
    if (algorithm == null) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "DCBALANCE_OIDC_ALGORITHM is %s, which nobody signs with here."
              .formatted(settings.algorithm()),
          "Maybe choose one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512.");
    }
    var decoders = new OidcIdTokenDecoderFactory();
    decoders.setJwsAlgorithmResolver(client -> algorithm);
    return decoders;
  }

  /** Found by type; naming it to a chain as well would check, and count, every failure twice. */
  @Bean
  PasswordSignIn passwordSignIn(Users users, PasswordEncoder encoder) {
    return new PasswordSignIn(users, encoder, new SignInBrake(Clock.systemUTC()));
  }

  /** The front end's files are for everybody, and need no session, which lies in the database. */
  @Bean
  @Order(0)
  SecurityFilterChain files(HttpSecurity http) {
    guard(http);
    return http.securityMatcher("/app/**", "/favicon.ico")
        .sessionManagement(
            session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
        .requestCache(cache -> cache.disable())
        .csrf(csrf -> csrf.disable())
        .build();
  }

  @Bean
  @Order(1)
  SecurityFilterChain programs(HttpSecurity http, ApiTokens tokens, Clock clock) {
    guard(http);
    return http.securityMatcher(
            new AndRequestMatcher(TOKEN_PATHS, request -> TokenFilter.tokenOf(request).isPresent()))
        .addFilterBefore(new TokenFilter(tokens, refusals, clock), AuthorizationFilter.class)
        .sessionManagement(
            session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
        // no browser adds the token by itself, so that nobody can borrow it
        .csrf(csrf -> csrf.disable())
        .build();
  }

  @Bean
  @Order(2)
  SecurityFilterChain people(
      HttpSecurity http,
      Users users,
      AuditLog audit,
      ApplicationEventPublisher publisher,
      SignInSettings settings,
      TransactionOperations transactions,
      OidcSignIn oidc) {
    guard(http);
    var returning = new HttpSessionRequestCache();
    returning.setRequestMatcher(WORTH_RETURNING_TO);
    addNothingToAddresses(returning);
    var signedIn = new SignedIn(users, audit, returning, settings.session(), transactions);
    oidc.addTo(http, signedIn);
    return http.csrf(Customizer.withDefaults())
        // a session of its own, whose age is that of the sign-in
        .sessionManagement(session -> session.sessionFixation(fix -> fix.migrateSession()))
        .requestCache(cache -> cache.requestCache(returning))
        .formLogin(
            form ->
                form.loginPage("/login")
                    .successHandler(signedIn)
                    .failureHandler(new SignInFailure(refusals, log, users, publisher)))
        .logout(
            logout ->
                logout
                    .logoutUrl("/logout")
                    .addLogoutHandler(new SignOut(audit, publisher))
                    .logoutSuccessUrl("/login?logout"))
        .build();
  }

  @SuppressWarnings("NullAway") // null is the documented way to add no "?continue"
  private static void addNothingToAddresses(HttpSessionRequestCache returning) {
    returning.setMatchingRequestParameterName(null);
  }

  private void guard(HttpSecurity http) {
    http.authorizeHttpRequests(requests -> requests.anyRequest().access(byRole()))
        .exceptionHandling(
            refused -> refused.authenticationEntryPoint(refusals).accessDeniedHandler(refusals))
        .headers(SecurityHeaders::write)
        .httpBasic(basic -> basic.disable());
  }

  private AuthorizationManager<RequestAuthorizationContext> byRole() {
    return (authentication, context) ->
        new AuthorizationDecision(
            rules
                .needed(context.getRequest())
                .map(
                    needed ->
                        CurrentOperator.of(authentication.get())
                            .filter(me -> me.role().includes(needed))
                            .isPresent())
                .orElse(true));
  }
}
