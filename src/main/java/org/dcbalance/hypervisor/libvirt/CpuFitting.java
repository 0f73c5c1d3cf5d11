package org.dcbalance.hypervisor.libvirt;

import java.util.regex.Pattern;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.GuestCpu;
import org.libvirt.LibvirtException;

/**
 * Ask whether a host can run a guest's CPU.
 *
 * <p>virConnectCompareHypervisorCPU tells what the emulator can offer on that host.
 * virConnectCompareCPU does not: it looks at the physical CPU, and calls a guest incompatible that
 * runs there under software emulation.
 */
final class CpuFitting {
  // VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE: the error then names the features
  private static final int NAME_WHAT_LACKS = 1;
  private static final int INCOMPATIBLE = 0;
  private static final Pattern LACKING =
      Pattern.compile("does not provide required features: (.*)", Pattern.DOTALL);

  private CpuFitting() {}

  /** Judge the CPU of a guest that runs, together with the processor that is passed through. */
  static CpuFit running(OpenConnection connection, GuestCpu cpu) throws LibvirtException {
    var fit = read(connection, cpu);
    return PassedThrough.is(cpu) && !(fit instanceof CpuFit.Lacks)
        ? PassedThrough.fit(cpu.passedThrough(), PassedThrough.of(connection))
        : fit;
  }

  static CpuFit read(OpenConnection connection, GuestCpu cpu) {
    try {
      return cpu.xml().isEmpty() ? machine(connection, cpu) : compare(connection, cpu);
    } catch (LibvirtFailure e) {
      if (e.code() == LibvirtFailure.CPU_INCOMPATIBLE) {
        return new CpuFit.Lacks(lacking(e.words()));
      }
      if (e.unsupported()) {
        return new CpuFit.Untold();
      }
      if (connection.alive()) {
        return new CpuFit.Lacks("and emulator cannot run the guest: " + e.said());
      }
      throw e;
    }
  }

  private static CpuFit compare(OpenConnection connection, GuestCpu cpu) {
    int result =
        connection.checked(
            connection
                .library()
                .virConnectCompareHypervisorCPU(
                    connection.pointer(),
                    orNull(cpu.emulator()),
                    orNull(cpu.arch()),
                    orNull(cpu.machine()),
                    orNull(cpu.virtType()),
                    cpu.xml(),
                    NAME_WHAT_LACKS));
    if (result == INCOMPATIBLE) {
      return new CpuFit.Lacks("cannot run guests of the type " + cpu.virtType());
    }
    // a passed-through CPU is whatever its host has, so the comparison always agrees
    return PassedThrough.is(cpu) || cpu.xml().contains("mode=\"host-passthrough\"")
        ? new CpuFit.Untold()
        : new CpuFit.Fits();
  }

  /** Without a CPU element the emulator's own basic model is used; the machine type must exist. */
  private static CpuFit machine(OpenConnection connection, GuestCpu cpu) {
    var text =
        connection
            .library()
            .virConnectGetDomainCapabilities(
                connection.pointer(),
                orNull(cpu.emulator()),
                orNull(cpu.arch()),
                orNull(cpu.machine()),
                orNull(cpu.virtType()),
                0);
    if (text == null) {
      throw connection.lastFailure();
    }
    com.sun.jna.Native.free(com.sun.jna.Pointer.nativeValue(text));
    return new CpuFit.Fits();
  }

  private static String lacking(String words) {
    var match = LACKING.matcher(words.strip());
    return match.find() ? "lacks " + match.group(1) : "does not fit: " + words.strip();
  }

  private static @org.jspecify.annotations.Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }
}
