package org.dcbalance.hypervisor;

/** Answer whether a host can run a guest's CPU. */
public sealed interface CpuFit {
  /** It can. */
  record Fits() implements CpuFit {}

  /** It cannot; the reason completes "its CPU …", such as "lacks avx2". */
  record Lacks(String reason) implements CpuFit {}

  /** The hypervisor cannot tell; a migration would be refused by the target itself. */
  record Untold() implements CpuFit {}
}
