package org.dcbalance.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the build fetches is one version each, and of the front end's the one with the digest. */
class PinnedDependenciesTest {
  private static final Path FRONTEND = Path.of("frontend");
  private static final String FOLDER = "node_modules/";
  private static final Pattern PACKAGE = Pattern.compile("\\d+\\.\\d+\\.\\d+(-[0-9A-Za-z.-]+)?");

  /** No range, no snapshot, and no word such as LATEST. */
  private static final Pattern ARTIFACT = Pattern.compile("\\d+(\\.\\d+)+");

  private static final String VERSIONS =
      "/project/parent/version | //dependency/version | //plugin/version | //path/version"
          + " | //extension/version";

  @Test
  void packagesOfTheFrontEndAreLockedWithTheirDigests() {
    var locked = json("package-lock.json").path("packages");
    assertThat(locked.size()).isGreaterThan(10);
    for (var entry : locked.properties()) {
      var name = entry.getKey();
      // the front end itself
      if (name.isEmpty()) {
        continue;
      }
      var one = entry.getValue();
      assertThat(one.path("version").asString("")).as(name).matches(PACKAGE);
      assertThat(one.path("integrity").asString("")).as(name).startsWith("sha512-");
      assertThat(one.path("resolved").asString("https://registry.npmjs.org/"))
          .as(name)
          .startsWith("https://registry.npmjs.org/");
      assertThat(one.has("hasInstallScript")).as("%s runs a script of its own", name).isFalse();
      for (var needed : one.path("dependencies").properties()) {
        assertThat(isLocked(locked, needed.getKey()))
            .as("%s needs %s.", name, needed.getKey())
            .isTrue();
      }
    }
  }

  @Test
  void theFrontEndNamesOneVersionEach() {
    var named = json("package.json");
    var locked = json("package-lock.json").path("packages");
    for (var kind : List.of("dependencies", "devDependencies")) {
      assertThat(named.path(kind).size()).isPositive();
      for (var entry : named.path(kind).properties()) {
        var version = entry.getValue().asString("");
        assertThat(version).as(entry.getKey()).matches(PACKAGE);
        assertThat(locked.path(FOLDER + entry.getKey()).path("version").asString(""))
            .as(entry.getKey())
            .isEqualTo(version);
      }
    }
  }

  @Test
  void mavenFetchesOneVersionEachFromItsCentralRepository() throws Exception {
    var pom =
        DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder().parse(new File("pom.xml"));
    var versions = texts(pom, VERSIONS);
    assertThat(versions).hasSizeGreaterThan(10);
    for (var version : versions) {
      assertThat(resolved(pom, version)).as(version).matches(ARTIFACT);
    }
    assertThat(texts(pom, "//repository | //pluginRepository")).isEmpty();
  }

  @Test
  void mavenItselfIsOneVersion() throws Exception {
    assertThat(Files.readString(Path.of(".mvn/wrapper/maven-wrapper.properties")))
        .containsPattern(
            "(?m)^distributionUrl=https://repo\\.maven\\.apache\\.org/maven2/org/apache/maven/"
                + "apache-maven/(\\d+\\.\\d+\\.\\d+)/apache-maven-\\1-bin\\.zip$");
  }

  private static boolean isLocked(JsonNode locked, String name) {
    return locked.properties().stream().anyMatch(each -> each.getKey().endsWith(FOLDER + name));
  }

  private static JsonNode json(String file) {
    return JsonMapper.shared().readTree(FRONTEND.resolve(file).toFile());
  }

  /** Give a version, or that which a property in its place stands for. */
  private static String resolved(Document pom, String version) throws XPathExpressionException {
    if (!version.startsWith("${")) {
      return version;
    }
    var name = version.substring(2, version.length() - 1);
    return String.join(", ", texts(pom, "/project/properties/*[name()='" + name + "']"));
  }

  private static List<String> texts(Document pom, String path) throws XPathExpressionException {
    var found =
        (NodeList)
            XPathFactory.newDefaultInstance()
                .newXPath()
                .evaluate(path, pom, XPathConstants.NODESET);
    return IntStream.range(0, found.getLength())
        .mapToObj(i -> found.item(i).getTextContent().strip())
        .toList();
  }
}
