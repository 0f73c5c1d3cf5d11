package org.dcbalance.story;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Speak to a console's API as a program does, with a bearer token. */
final class Api implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final URI base;
  private final String token;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  Api(int port, String token) {
    this.base = URI.create("http://127.0.0.1:" + port);
    this.token = token;
  }

  /** An answer; the body is JSON, null where it was empty. */
  record Answer(int status, JsonNode body) {
    /** Give the sentence and the advice of a problem. */
    String problem() {
      return body.path("detail").asString("") + " " + body.path("advice").asString("");
    }
  }

  JsonNode get(String path) {
    return expect(200, send("GET", path, null));
  }

  /** Read a list from its first page. */
  List<JsonNode> items(String path) {
    return get(path).get("items").valueStream().toList();
  }

  JsonNode post(String path, Map<String, ?> body) {
    var answer = ask("POST", path, body);
    if (answer.status() / 100 != 2) {
      throw new AssertionError("POST " + path + " was answered " + answer);
    }
    return answer.body();
  }

  JsonNode patch(String path, Map<String, ?> body) {
    return expect(200, ask("PATCH", path, body));
  }

  Answer ask(String method, String path, Map<String, ?> body) {
    return send(method, path, JSON.writeValueAsString(body));
  }

  /** Tell whether it answers with a page at all. */
  boolean answers(String path) {
    try {
      var request = request(path).timeout(Duration.ofSeconds(5)).GET().build();
      return client.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException nobodyThere) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("Interrupted.", e);
    }
  }

  private static JsonNode expect(int status, Answer answer) {
    if (answer.status() != status) {
      throw new AssertionError("Expected " + status + ", was answered " + answer);
    }
    return answer.body();
  }

  Answer send(String method, String path, @org.jspecify.annotations.Nullable String body) {
    var request = request(path).timeout(Duration.ofSeconds(60));
    if (body == null) {
      request.method(method, BodyPublishers.noBody());
    } else {
      request
          .header("Content-Type", "application/json")
          .method(method, BodyPublishers.ofString(body));
    }
    try {
      HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
      var text = response.body();
      return new Answer(response.statusCode(), JSON.readTree(text.isBlank() ? "null" : text));
    } catch (IOException e) {
      throw new AssertionError("The console did not answer " + method + " " + path + ".", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("Interrupted.", e);
    }
  }

  private HttpRequest.Builder request(String path) {
    var request = HttpRequest.newBuilder(base.resolve(path));
    return path.startsWith("/api/") ? request.header("Authorization", "Bearer " + token) : request;
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
