package org.dcbalance.notification;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.io.Closer;
import org.apache.hc.core5.util.Timeout;
import org.dcbalance.notification.Destination.Webhook;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * Post messages as JSON, signed unless it is for Slack. Connections are made to the very addresses
 * that the guard looked at, never twice, without a proxy; redirects are not followed; of the
 * answer, the status counts.
 */
@Component
class WebhookSender implements DisposableBean {
  private static final Timeout CONNECTING = Timeout.ofSeconds(5);
  private static final Timeout SILENCE = Timeout.ofSeconds(10);

  /** So much of an answer is read, out of politeness; then the connection is cut. */
  private static final int MOST_READ = 4096;

  private final JsonMapper json;
  private final Clock clock;
  private final Duration deadline;
  private final CloseableHttpClient client;
  private final ScheduledExecutorService alarms =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("webhook-deadlines").factory());

  WebhookSender(AddressGuard guard, NotificationSettings settings, JsonMapper json, Clock clock) {
    this.json = json;
    this.clock = clock;
    this.deadline = settings.deadline();
    this.client =
        HttpClients.custom()
            .setConnectionManager(
                PoolingHttpClientConnectionManagerBuilder.create()
                    .setDnsResolver(new Guarded(guard))
                    .setDefaultConnectionConfig(
                        ConnectionConfig.custom()
                            .setConnectTimeout(CONNECTING)
                            .setSocketTimeout(SILENCE)
                            .build())
                    .setMaxConnTotal(64)
                    .setMaxConnPerRoute(16)
                    .build())
            .setDefaultRequestConfig(
                RequestConfig.custom()
                    .setConnectionRequestTimeout(CONNECTING)
                    .setResponseTimeout(SILENCE)
                    .setRedirectsEnabled(false)
                    .build())
            .setConnectionReuseStrategy((request, response, context) -> false)
            .disableRedirectHandling()
            .disableAutomaticRetries()
            .disableCookieManagement()
            .disableAuthCaching()
            .disableContentCompression()
            .setUserAgent("DCbalance")
            .build();
  }

  /** The client asks here, and nowhere else, where a host is. */
  private record Guarded(AddressGuard guard) implements DnsResolver {
    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
      return guard.addresses(host);
    }

    @Override
    public String resolveCanonicalHostname(String host) {
      return host;
    }
  }

  /**
   * Post the message, now, and say what came of it.
   *
   * @param secret key of the signature; null for none, where nobody would check it
   */
  Outcome send(Webhook to, @Nullable String secret, Message message) {
    var body =
        json.writeValueAsBytes(
            switch (to.payload()) {
              case DCBALANCE -> message;
              case SLACK -> SlackBody.of(message);
            });
    long seconds = clock.instant().getEpochSecond();
    var request = new HttpPost(to.url());
    request.setEntity(new ByteArrayEntity(body, ContentType.APPLICATION_JSON));
    request.setHeader("X-DCbalance-Event", message.event());
    request.setHeader("X-DCbalance-Delivery", message.id().toString());
    if (secret != null) {
      request.setHeader("X-DCbalance-Timestamp", Long.toString(seconds));
      request.setHeader("X-DCbalance-Signature", Signature.of(secret, seconds, body));
    }
    var where = where(to);
    var alarm = alarms.schedule(request::cancel, deadline.toMillis(), TimeUnit.MILLISECONDS);
    try {
      var answer = client.executeOpen(null, request, null);
      skim(answer);
      // closing alone would read what is left, however much that is
      request.cancel();
      Closer.closeQuietly(answer);
      return outcome(where, answer.getCode());
    } catch (Problem refused) {
      return Outcome.failed(refused.sentence());
    } catch (IOException e) {
      return Outcome.failed(
          request.isCancelled()
              ? "%s did not finish within %d s.".formatted(where, deadline.toSeconds())
              : trouble(where, e));
    } finally {
      alarm.cancel(false);
    }
  }

  private static Outcome outcome(String where, int status) {
    if (status >= 200 && status < 300) {
      return Outcome.delivered("%s answered %d.".formatted(where, status));
    }
    return Outcome.failed(
        status >= 300 && status < 400
            ? "%s answered %d, which leads elsewhere; that is not followed."
                .formatted(where, status)
            : "%s answered %d.".formatted(where, status));
  }

  private static void skim(ClassicHttpResponse answer) {
    var entity = answer.getEntity();
    if (entity == null) {
      return;
    }
    try {
      var _ = entity.getContent().readNBytes(MOST_READ);
    } catch (IOException cut) {
      // the status has come, and it alone counts
    }
  }

  private static String where(Webhook to) {
    int port = to.url().getPort();
    return to.url().getHost() + (port < 0 ? "" : ":" + port);
  }

  private static String trouble(String where, IOException e) {
    return switch (e) {
      case UnknownHostException _ -> where + " is not known: the name has no address.";
      case SocketTimeoutException _ -> where + " did not answer in time.";
      case ConnectException _ -> where + " cannot be reached: nothing answers there.";
      case SSLException tls ->
          "The TLS connection to %s failed: %s".formatted(where, tls.getMessage());
      default -> "The connection to " + where + " broke.";
    };
  }

  @Override
  public void destroy() throws IOException {
    alarms.shutdownNow();
    client.close();
  }
}
