package org.dcbalance.hypervisor.libvirt;

import java.util.regex.Pattern;
import org.dcbalance.hypervisor.Discretion;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.libvirt.LibvirtException;

/** Carry an error of libvirt: its number and its words. */
final class LibvirtFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  // virErrorNumber of libvirt's virterror.h
  static final int NO_SUPPORT = 3;
  static final int NO_CONNECT = 5;
  static final int INVALID_CONN = 6;
  static final int INVALID_ARG = 8;
  static final int NO_DOMAIN = 42;
  static final int NO_NETWORK = 43;
  static final int NO_STORAGE_VOL = 50;
  static final int OPERATION_INVALID = 55;
  static final int NO_INTERFACE = 57;
  static final int CONFIG_UNSUPPORTED = 67;
  static final int OPERATION_TIMEOUT = 68;
  static final int ARGUMENT_UNSUPPORTED = 74;
  static final int OPERATION_ABORTED = 78;
  static final int NO_DOMAIN_METADATA = 80;
  static final int OPERATION_UNSUPPORTED = 84;
  static final int CPU_INCOMPATIBLE = 91;

  /**
   * What libvirt 9.0 says when one daemon loses the other, or QEMU the other QEMU; its error
   * numbers do not tell these from other failures.
   */
  private static final Pattern DISCONNECTED =
      Pattern.compile(
          "end of file while reading|unable to (write to|read from) socket|client socket is closed"
              + "|unable to connect to (server|tcp)|no route to host|connection (refused|reset|timed out)"
              + "|broken pipe|lost connection|received hangup|keepalive",
          Pattern.CASE_INSENSITIVE);

  /** What libvirt's Xen driver says on a target that holds a half of the guest. */
  private static final Pattern BEING_STARTED = Pattern.compile("is already being started");

  /** What QEMU says on a target whose kernel does not let it. */
  private static final Pattern NO_POST_COPY =
      Pattern.compile("postcopy is not supported", Pattern.CASE_INSENSITIVE);

  private final int code;

  LibvirtFailure(int code, String words) {
    super(words);
    this.code = code;
  }

  static LibvirtFailure of(LibvirtException e) {
    var error = e.getError();
    return error == null || error.getCode() == null
        ? new LibvirtFailure(1, String.valueOf(e.getMessage()))
        : new LibvirtFailure(error.getCode().ordinal(), String.valueOf(error.getMessage()));
  }

  /** Tell whether a migration failed because the hosts, or their daemons, lost each other. */
  static boolean disconnected(HypervisorException e) {
    return says(DISCONNECTED, e);
  }

  /**
   * Say what helps where Xen refuses a guest because half of an earlier copy stayed on the target;
   * empty for any other failure.
   */
  static String adviceOnXen(HypervisorException e) {
    return says(BEING_STARTED, e)
        ? " The target may hold half of an earlier copy that broke off. Maybe end that in the"
            + " target's dom0, while nothing else is moved to or from it, by 'kill $(pidof"
            + " libxl-save-helper)', restart libvirtd there, and move it again."
        : "";
  }

  /**
   * Say what helps where the target's kernel keeps QEMU from post-copy; empty for any other
   * failure.
   */
  static String adviceOnQemu(HypervisorException e) {
    return says(NO_POST_COPY, e)
        ? " Maybe set vm.unprivileged_userfaultfd to 1 on the target (sysctl), and move it again, or"
            + " do not allow post-copy for it."
        : "";
  }

  private static boolean says(Pattern words, HypervisorException e) {
    return e.getCause() instanceof LibvirtFailure failure && words.matcher(failure.words()).find();
  }

  int code() {
    return code;
  }

  /** Give what libvirt said, for the log and for administrators: it may tell addresses. */
  String words() {
    return String.valueOf(getMessage());
  }

  /** Give what may be told to everybody, as a part of a sentence. */
  String said() {
    return Discretion.addresses(words().strip().replaceFirst("\\.$", ""));
  }

  /** Tell whether it says so of what it was asked for, whatever the moment. */
  boolean refuses() {
    return code == INVALID_ARG || unsupported();
  }

  /** Tell whether the host's libvirt has no such call, or not in this situation. */
  boolean unsupported() {
    return switch (code) {
      case NO_SUPPORT, CONFIG_UNSUPPORTED, ARGUMENT_UNSUPPORTED, OPERATION_UNSUPPORTED -> true;
      default -> false;
    };
  }

  /**
   * Turn it into the port's exception.
   *
   * @param host the host's name for sentences
   * @param doing what was tried, completing "could not …"
   * @param alive whether the connection survived it
   */
  HypervisorException explain(String host, String doing, boolean alive) {
    if (!alive) {
      return new HypervisorException(
          Kind.UNREACHABLE,
          "The connection to %s broke while the console tried to %s: %s."
              .formatted(host, doing, said()),
          this);
    }
    return new HypervisorException(
        kind(), "%s could not %s: %s.".formatted(host, doing, said()), this);
  }

  private Kind kind() {
    return switch (code) {
      case NO_DOMAIN -> Kind.NO_SUCH_GUEST;
      case OPERATION_ABORTED -> Kind.ABORTED;
      case OPERATION_TIMEOUT -> Kind.TIMED_OUT;
      case NO_CONNECT, INVALID_CONN -> Kind.UNREACHABLE;
      default -> unsupported() ? Kind.UNSUPPORTED : Kind.FAILED;
    };
  }
}
