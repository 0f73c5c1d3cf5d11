package org.dcbalance.access;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import jakarta.servlet.Filter;
import java.io.IOException;
import java.net.ServerSocket;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.interfaces.RSAPublicKey;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.annotation.web.configuration.OAuth2AuthorizationServerConfiguration;
import org.springframework.security.config.annotation.web.configurers.oauth2.server.authorization.OAuth2AuthorizationServerConfigurer;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.oidc.endpoint.OidcParameterNames;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.server.authorization.client.InMemoryRegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.security.oauth2.server.authorization.token.JwtEncodingContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenCustomizer;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;

/** A real OpenID provider on a port of its own: Spring Authorization Server. */
final class OidcProvider implements AutoCloseable {
  static final String CLIENT = "dcbalance";
  static final String SECRET = "a secret of the client";
  static final String PASSWORD = "a password at the provider";

  /** What the provider says of people, by what they sign in with there; shared by all of them. */
  static final Map<String, Map<String, Object>> PEOPLE = new ConcurrentHashMap<>();

  /** What stands before the provider's user-info endpoint. */
  static final AtomicReference<Filter> BEFORE_USER_INFO =
      new AtomicReference<>((request, response, chain) -> chain.doFilter(request, response));

  private final ConfigurableApplicationContext running;

  private OidcProvider(ConfigurableApplicationContext running) {
    this.running = running;
  }

  static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static OidcProvider start(int port, int console) {
    return new OidcProvider(
        new SpringApplicationBuilder(Provider.class)
            .web(WebApplicationType.SERVLET)
            .run(
                "--spring.config.name=provider",
                "--server.port=" + port,
                "--server.address=127.0.0.1",
                "--issuer=http://127.0.0.1:" + port,
                "--console=http://127.0.0.1:" + console));
  }

  @Override
  public void close() {
    running.close();
  }

  @TestConfiguration(proxyBeanMethods = false)
  @EnableWebSecurity
  @ImportAutoConfiguration({
    TomcatServletWebServerAutoConfiguration.class,
    DispatcherServletAutoConfiguration.class,
    WebMvcAutoConfiguration.class,
    SecurityFilterAutoConfiguration.class
  })
  static class Provider {
    @Bean
    @Order(1)
    SecurityFilterChain protocol(HttpSecurity http) {
      var server = new OAuth2AuthorizationServerConfigurer();
      return http.securityMatcher(server.getEndpointsMatcher())
          .with(server, each -> each.oidc(Customizer.withDefaults()))
          .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
          .exceptionHandling(
              refused ->
                  refused.authenticationEntryPoint(new LoginUrlAuthenticationEntryPoint("/login")))
          .build();
    }

    @Bean
    @Order(2)
    SecurityFilterChain people(HttpSecurity http) {
      return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
          .formLogin(Customizer.withDefaults())
          .build();
    }

    @Bean
    FilterRegistrationBean<Filter> beforeUserInfo() {
      var filter =
          new FilterRegistrationBean<Filter>(
              (request, response, chain) ->
                  BEFORE_USER_INFO.get().doFilter(request, response, chain));
      filter.addUrlPatterns("/userinfo");
      filter.setOrder(Ordered.HIGHEST_PRECEDENCE);
      return filter;
    }

    @Bean
    UserDetailsService users() {
      return name -> User.withUsername(name).password("{noop}" + PASSWORD).roles("USER").build();
    }

    @Bean
    InMemoryRegisteredClientRepository clients(Environment environment) {
      return new InMemoryRegisteredClientRepository(
          RegisteredClient.withId(UUID.randomUUID().toString())
              .clientId(CLIENT)
              .clientSecret("{noop}" + SECRET)
              .clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
              .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
              .redirectUri(environment.getRequiredProperty("console") + Oidc.BACK)
              .scope("openid")
              .scope("profile")
              .scope("email")
              // without PKCE nobody gets in here
              .clientSettings(ClientSettings.builder().requireProofKey(true).build())
              .build());
    }

    @Bean
    AuthorizationServerSettings settings(Environment environment) {
      return AuthorizationServerSettings.builder()
          .issuer(environment.getRequiredProperty("issuer"))
          .build();
    }

    @Bean
    JWKSource<SecurityContext> keys() throws NoSuchAlgorithmException {
      var generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      var pair = generator.generateKeyPair();
      return new ImmutableJWKSet<>(
          new JWKSet(
              new RSAKey.Builder((RSAPublicKey) pair.getPublic())
                  .privateKey(pair.getPrivate())
                  .keyID("1")
                  .build()));
    }

    /** The provider's own user-info endpoint reads the tokens that it gave out. */
    @Bean
    JwtDecoder decoder(JWKSource<SecurityContext> keys) {
      return OAuth2AuthorizationServerConfiguration.jwtDecoder(keys);
    }

    @Bean
    OAuth2TokenCustomizer<JwtEncodingContext> claims() {
      return token -> {
        if (token.getTokenType().getValue().equals(OidcParameterNames.ID_TOKEN)) {
          PEOPLE
              .getOrDefault(token.getPrincipal().getName(), Map.of("groups", List.of()))
              .forEach((name, value) -> token.getClaims().claim(name, value));
        }
      };
    }
  }
}
