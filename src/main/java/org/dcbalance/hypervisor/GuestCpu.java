package org.dcbalance.hypervisor;

import org.jspecify.annotations.Nullable;

/**
 * Carry what a target must be able to run.
 *
 * @param xml the guest's cpu element, empty if it has none
 * @param emulator path of the emulator, empty on Xen
 * @param arch such as "x86_64"
 * @param machine such as "pc-i440fx-7.2"
 * @param virtType such as "kvm", "qemu" or "xen"
 * @param passedThrough the processor that the guest sees as it is; null if it sees none so, or its
 *     host does not tell which one it has
 */
public record GuestCpu(
    String xml,
    String emulator,
    String arch,
    String machine,
    String virtType,
    @Nullable HostCpu passedThrough) {

  /** Give the same with the processor that the guest sees as it is. */
  public GuestCpu on(@Nullable HostCpu processor) {
    return new GuestCpu(xml, emulator, arch, machine, virtType, processor);
  }
}
