package org.dcbalance.helper;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;

/**
 * Run a command on a host by this machine's ssh program: with the key and the host's key that are
 * told, and nothing of any configuration.
 */
final class SshCall {
  /** As the host is called in the file that pins its key: not by what a name stands for. */
  private static final String ALIAS = "dcbalance-host";

  private static final int MOST = 256 << 10;
  private static final Set<String> ENVIRONMENT = Set.of("PATH", "HOME");

  private SshCall() {}

  /** What a command said, and what it ended with: 255 if ssh itself failed. */
  record Said(int status, String out, String err) {}

  /**
   * Run it.
   *
   * @param words of the command, each of characters that no shell knows
   * @throws HypervisorException UNREACHABLE if there is no ssh program, TIMED_OUT after the time
   */
  static Said run(HelperAccess access, Path key, Duration within, List<String> words) {
    try {
      var known = Files.createTempFile("dcbalance-known-hosts", "");
      try {
        Files.writeString(known, ALIAS + " " + access.hostKey() + "\n");
        return run(command(access, key, known, words), within);
      } finally {
        Files.delete(known);
      }
    } catch (IOException e) {
      throw new HypervisorException(
          Kind.UNREACHABLE, "The program ssh could not be run here: " + e.getMessage(), e);
    }
  }

  static List<String> command(HelperAccess access, Path key, Path known, List<String> words) {
    var command = new ArrayList<String>();
    command.addAll(List.of("ssh", "-F", "/dev/null", "-T"));
    for (var option :
        List.of(
            "BatchMode=yes",
            "StrictHostKeyChecking=yes",
            "UserKnownHostsFile=" + known,
            "GlobalKnownHostsFile=/dev/null",
            "HostKeyAlias=" + ALIAS,
            "CheckHostIP=no",
            "UpdateHostKeys=no",
            "PreferredAuthentications=publickey",
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "IdentityFile=" + key,
            "ClearAllForwardings=yes",
            "ForwardAgent=no",
            "ControlMaster=no",
            "ControlPath=none",
            "ConnectTimeout=8",
            "ServerAliveInterval=5",
            "ServerAliveCountMax=4",
            "LogLevel=ERROR")) {
      command.add("-o");
      command.add(option);
    }
    command.addAll(
        List.of(
            "-p", Integer.toString(access.port()), "-l", access.user(), "--", access.address()));
    command.addAll(words);
    return command;
  }

  private static Said run(List<String> command, Duration within) throws IOException {
    var builder = new ProcessBuilder(command);
    builder.environment().keySet().retainAll(ENVIRONMENT);
    var process = builder.start();
    try {
      process.getOutputStream().close();
      var out = reading(process.getInputStream());
      var err = reading(process.getErrorStream());
      if (!process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new HypervisorException(
            Kind.TIMED_OUT, "No answer within %d s.".formatted(within.toSeconds()), null);
      }
      return new Said(process.exitValue(), out.get(), err.get());
    } catch (InterruptedException e) {
      throw HypervisorException.interrupted(e);
    } catch (ExecutionException e) {
      throw new IOException("Its answer could not be read.", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static FutureTask<String> reading(InputStream from) {
    var task =
        new FutureTask<>(
            () -> {
              try (from) {
                return new String(from.readNBytes(MOST), StandardCharsets.UTF_8);
              }
            });
    Thread.ofVirtual().start(task);
    return task;
  }
}
