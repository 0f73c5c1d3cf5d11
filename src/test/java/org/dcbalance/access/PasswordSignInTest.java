package org.dcbalance.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsoleTest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.crypto.password.PasswordEncoder;

@ConsoleTest
class PasswordSignInTest {
  @Autowired private Users users;
  @Autowired private PasswordEncoder encoder;

  @Test
  void longNamesAreOneAndTheSameUnknownOne() {
    // no time passes: on a slow machine the comparisons take longer than the wait after them
    var brake = new SignInBrake(Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
    var signIn = new PasswordSignIn(users, encoder, brake);
    for (int i = 0; i < SignInBrake.FREE_FAILURES; i++) {
      var name = "x".repeat(64 + i);
      assertThatExceptionOfType(AuthenticationException.class)
          .isThrownBy(() -> attempt(signIn, name))
          .withMessage("Bad credentials");
    }
    assertThatExceptionOfType(PasswordSignIn.TooManyAttempts.class)
        .isThrownBy(() -> attempt(signIn, "y".repeat(100)));
  }

  @Test
  void aNameThatCannotBeStoredIsAWrongOne() {
    var signIn = new PasswordSignIn(users, encoder, new SignInBrake(Clock.systemUTC()));
    assertThatExceptionOfType(AuthenticationException.class)
        .isThrownBy(() -> attempt(signIn, "admin\u0000"))
        .withMessage("Bad credentials");
  }

  @Test
  void fewPasswordsAreComparedAtOnceAndTooManyAreRefused() throws Exception {
    var slow = new SlowEncoder();
    var few = new FewAtOnce(slow);
    var answers = new ArrayList<Future<Boolean>>();
    try (var people = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Boolean> question = () -> few.matches("typed", "hash");
      for (int i = 0; i < 60; i++) {
        answers.add(people.submit(question));
      }
      Await.until(
          "some are refused",
          Duration.ofSeconds(10),
          () -> answers.stream().filter(a -> a.state() == Future.State.FAILED).count(),
          n -> n >= 60 - 16 - Runtime.getRuntime().availableProcessors());
      slow.goOn.countDown();
    }
    assertThat(slow.virtual).isFalse();
    assertThat(answers.stream().filter(a -> a.state() == Future.State.SUCCESS).count())
        .isGreaterThanOrEqualTo(16);
    for (var failed : List.copyOf(answers)) {
      if (failed.state() == Future.State.FAILED) {
        assertThat(failed.exceptionNow()).isInstanceOf(FewAtOnce.Busy.class);
      }
    }
  }

  private static void attempt(PasswordSignIn signIn, String name) {
    signIn.authenticate(UsernamePasswordAuthenticationToken.unauthenticated(name, "a password"));
  }

  private static final class SlowEncoder implements PasswordEncoder {
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final AtomicBoolean virtual = new AtomicBoolean();

    @Override
    public boolean matches(@Nullable CharSequence typed, @Nullable String hash) {
      try {
        goOn.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      virtual.compareAndSet(false, Thread.currentThread().isVirtual());
      return true;
    }

    @Override
    public @Nullable String encode(@Nullable CharSequence typed) {
      return String.valueOf(typed);
    }
  }
}
