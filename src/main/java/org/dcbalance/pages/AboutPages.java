package org.dcbalance.pages;

import org.dcbalance.audit.AuditProtection;
import org.dcbalance.recommendation.BalancingSettings;
import org.dcbalance.telemetry.TelemetrySettings;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.info.BuildProperties;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;

/** Say what runs here, how it is, how long data is kept, and how the audit log is protected. */
@Controller
class AboutPages {
  private final AboutFigures figures;
  private final AuditProtection protection;
  private final TelemetrySettings telemetry;
  private final BalancingSettings balancing;
  private final @Nullable BuildProperties build;

  AboutPages(
      AboutFigures figures,
      AuditProtection protection,
      TelemetrySettings telemetry,
      BalancingSettings balancing,
      ObjectProvider<BuildProperties> build) {
    this.figures = figures;
    this.protection = protection;
    this.telemetry = telemetry;
    this.balancing = balancing;
    this.build = build.getIfAvailable();
  }

  /**
   * What runs here.
   *
   * @param version null where this was not built as a whole
   */
  record Versions(@Nullable String version, String java, String springBoot) {}

  @GetMapping("/about")
  String about(Model model) {
    model.addAttribute(
        "versions",
        new Versions(
            build == null ? null : build.getVersion(),
            Runtime.version() + " (" + System.getProperty("java.vm.vendor") + ")",
            SpringBootVersion.getVersion()));
    model.addAttribute("database", figures.database());
    model.addAttribute("kept", figures.kept());
    model.addAttribute("leaders", figures.leaders());
    model.addAttribute("collecting", figures.collecting());
    model.addAttribute("telemetry", telemetry);
    model.addAttribute("balancing", balancing);
    model.addAttribute("expectedPerHour", 3600 / Math.max(1, telemetry.period().toSeconds()));
    model.addAttribute("protection", protection.now());
    return "about";
  }
}
