package org.dcbalance.hypervisor;

/**
 * Carry what a target must be able to run.
 *
 * @param xml the guest's cpu element, empty if it has none
 * @param emulator path of the emulator, empty on Xen
 * @param arch such as "x86_64"
 * @param machine such as "pc-i440fx-7.2"
 * @param virtType such as "kvm", "qemu" or "xen"
 */
public record GuestCpu(String xml, String emulator, String arch, String machine, String virtType) {}
