package org.dcbalance.access;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * Compare passwords on few threads of their own. It is meant to take long, and on virtual threads,
 * which give way only where they wait, it would hold up every other request.
 */
final class FewAtOnce implements PasswordEncoder {
  private static final int WAITING = 16;

  private final PasswordEncoder encoder;
  private final ThreadPoolExecutor threads;

  FewAtOnce(PasswordEncoder encoder) {
    this.encoder = encoder;
    int size = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    this.threads =
        new ThreadPoolExecutor(
            size,
            size,
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(WAITING),
            Thread.ofPlatform().daemon().name("passwords-", 0).factory());
    threads.allowCoreThreadTimeOut(true);
  }

  @Override
  public boolean matches(@Nullable CharSequence typed, @Nullable String hash) {
    try {
      return threads.submit(() -> encoder.matches(typed, hash)).get();
    } catch (RejectedExecutionException e) {
      throw new Busy(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Busy(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("A password could not be compared.", e.getCause());
    }
  }

  @Override
  public @Nullable String encode(@Nullable CharSequence typed) {
    return encoder.encode(typed);
  }

  @Override
  public boolean upgradeEncoding(@Nullable String hash) {
    return encoder.upgradeEncoding(hash);
  }

  /** Refuse an attempt that would have to wait for too many others. */
  static final class Busy extends AuthenticationServiceException {
    private static final long serialVersionUID = 1L;

    Busy(Exception cause) {
      super("Too many passwords are being checked.", cause);
    }
  }
}
