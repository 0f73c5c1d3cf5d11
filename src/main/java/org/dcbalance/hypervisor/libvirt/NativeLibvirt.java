package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.NativeLongByReference;
import com.sun.jna.ptr.PointerByReference;
import org.jspecify.annotations.Nullable;

/**
 * Declare the calls of libvirt that libvirt-java 0.5.4 lacks, on the same pointers. Signatures are
 * those of libvirt's public headers, of the same names.
 */
interface NativeLibvirt extends Library {

  int virConnectGetAllDomainStats(
      Pointer connect, int groups, PointerByReference records, int flags);

  int virDomainListGetStats(Pointer[] domains, int groups, PointerByReference records, int flags);

  void virDomainStatsRecordListFree(Pointer records);

  int virNodeGetCPUStats(
      Pointer connect, int cpu, @Nullable Pointer params, IntByReference count, int flags);

  int virNodeGetMemoryStats(
      Pointer connect, int cell, @Nullable Pointer params, IntByReference count, int flags);

  int virNodeGetFreePages(
      Pointer connect,
      int sizes,
      int[] kib,
      int startCell,
      int cellCount,
      long[] counts,
      int flags);

  int virConnectCompareHypervisorCPU(
      Pointer connect,
      @Nullable String emulator,
      @Nullable String arch,
      @Nullable String machine,
      @Nullable String virtType,
      String cpuXml,
      int flags);

  @Nullable Pointer virConnectGetDomainCapabilities(
      Pointer connect,
      @Nullable String emulator,
      @Nullable String arch,
      @Nullable String machine,
      @Nullable String virtType,
      int flags);

  @Nullable Pointer virDomainLookupByUUIDString(Pointer connect, String uuid);

  int virDomainFree(Pointer domain);

  int virDomainGetUUIDString(Pointer domain, byte[] text);

  int virDomainGetState(Pointer domain, IntByReference state, IntByReference reason, int flags);

  int virDomainGetJobStats(
      Pointer domain,
      IntByReference type,
      PointerByReference params,
      IntByReference count,
      int flags);

  int virDomainStartDirtyRateCalc(Pointer domain, int seconds, int flags);

  int virDomainMigrateGetMaxDowntime(Pointer domain, LongByReference millis, int flags);

  int virDomainGetSchedulerParametersFlags(
      Pointer domain, Pointer params, IntByReference count, int flags);

  int virDomainSetSchedulerParametersFlags(
      Pointer domain, @Nullable Pointer params, int count, int flags);

  int virDomainSetMemoryFlags(Pointer domain, NativeLong kib, int flags);

  int virDomainMigrateSetMaxSpeed(Pointer domain, NativeLong mibPerSecond, int flags);

  int virDomainMigrateGetMaxSpeed(Pointer domain, NativeLongByReference mibPerSecond, int flags);

  int virDomainMigrateStartPostCopy(Pointer domain, int flags);

  int virDomainMigrateToURI3(
      Pointer domain, String target, @Nullable Pointer params, int count, int flags);

  @Nullable Pointer virDomainSaveImageGetXMLDesc(Pointer connect, String file, int flags);

  int virDomainRestoreFlags(Pointer connect, String file, @Nullable String xml, int flags);

  int virDomainBlockPull(Pointer domain, String disk, NativeLong bandwidth, int flags);

  int virDomainGetBlockJobInfo(Pointer domain, String disk, Pointer info, int flags);

  void virTypedParamsFree(Pointer params, int count);

  int virConnectDomainEventRegisterAny(
      Pointer connect,
      @Nullable Pointer domain,
      int event,
      Callback callback,
      @Nullable Pointer opaque,
      @Nullable Callback free);

  int virConnectDomainEventDeregisterAny(Pointer connect, int id);

  @Nullable Pointer virGetLastError();

  void virSetErrorFunc(@Nullable Pointer data, Callback handler);

  /** Take an error, in place of printing it. */
  interface ErrorHandler extends Callback {
    void on(@Nullable Pointer data, @Nullable Pointer error);
  }

  /** VIR_DOMAIN_EVENT_ID_LIFECYCLE. */
  interface LifecycleCallback extends Callback {
    int on(Pointer connect, Pointer domain, int event, int detail, @Nullable Pointer opaque);
  }

  /** VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION. */
  interface IterationCallback extends Callback {
    void on(Pointer connect, Pointer domain, int iteration, @Nullable Pointer opaque);
  }

  /** VIR_DOMAIN_EVENT_ID_JOB_COMPLETED. */
  interface JobCompletedCallback extends Callback {
    void on(Pointer connect, Pointer domain, Pointer params, int count, @Nullable Pointer opaque);
  }
}
