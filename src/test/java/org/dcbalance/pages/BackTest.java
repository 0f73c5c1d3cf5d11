package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackTest {
  @ParameterizedTest
  @ValueSource(strings = {"/", "/hosts/3", "/vms?q=web&sort=cpu", "/migrations?before=7"})
  void goesBackWithinThisSite(String path) {
    assertThat(Back.to(path, "/other")).isEqualTo("redirect:" + path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "hosts",
        "/a b",
        "/\t/elsewhere.example",
        "/x\r\nSet-Cookie: a=b",
        ""
      })
  void neverLeavesIt(String path) {
    assertThat(Back.to(path, "/other")).isEqualTo("redirect:/other");
  }

  @Test
  void goesWhereItWouldWithoutAPath() {
    assertThat(Back.to(null, "/other")).isEqualTo("redirect:/other");
  }
}
