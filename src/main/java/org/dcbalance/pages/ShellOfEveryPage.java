package org.dcbalance.pages;

import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.installation.Doubt;
import org.dcbalance.installation.Installation;
import org.dcbalance.telemetry.LoadHistory;
import org.dcbalance.telemetry.TelemetrySettings;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.CookieValue;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.util.UriComponentsBuilder;

/** Give every page its {@link Shell}: four short queries. */
@ControllerAdvice(basePackageClasses = ShellOfEveryPage.class)
class ShellOfEveryPage {
  private static final Set<String> PAGES =
      Set.of(
          "recommendations",
          "migrations",
          "hosts",
          "vms",
          "checkpoints",
          "pools",
          "search",
          "account",
          "events",
          "rounds",
          "reports/migrations",
          "reports/downtime",
          "reports/strategies",
          "audit",
          "settings/strategy",
          "settings/notifications",
          "settings/access",
          "about");
  private static final Set<String> OF_ONE_POOL = Set.of("settings/strategy", "reports/strategies");
  private static final Set<String> THEMES = Set.of("light", "dark");

  private final JdbcClient jdbc;
  private final Installation installation;
  private final LoadHistory loads;
  private final TelemetrySettings settings;
  private final Clock clock;

  ShellOfEveryPage(
      JdbcClient jdbc,
      Installation installation,
      LoadHistory loads,
      TelemetrySettings settings,
      Clock clock) {
    this.jdbc = jdbc;
    this.installation = installation;
    this.loads = loads;
    this.settings = settings;
    this.clock = clock;
  }

  @ModelAttribute(Shell.ATTRIBUTE)
  Shell shell(
      HttpServletRequest request,
      CurrentOperator me,
      @CookieValue(defaultValue = "system") String theme,
      @CookieValue(required = false) @Nullable String pool) {
    var pools = pools();
    var asked = asked(request);
    var named = known(pools, asked);
    // another tab may have picked another pool since: what a page fetches or sends is about its own
    var shown = request.getParameter("shown");
    var chosen = named == null ? known(pools, shown == null ? pool : shown) : named;
    if (chosen == null && shown != null && !shown.isEmpty() && changes(request)) {
      // what was meant for one pool must not come to all of them
      throw new Problem(
          ErrorCode.NOT_FOUND,
          "The pool that this page was about is not there any more. Nothing was done.",
          "Maybe load the page again: it is about all pools then.");
    }
    var counts = counts(chosen);
    var newest = loads.newest(chosen).orElse(null);
    var active =
        pools.stream()
            .filter(p -> p.hosts() > 0 && (chosen == null || p.id().equals(chosen)))
            .toList();
    return new Shell(
        page(request),
        THEMES.contains(theme) ? theme : "system",
        me.name(),
        me.role().word(),
        me.mayOperate(),
        me.mayAdminister(),
        pools,
        chosen,
        counts.recommendations(),
        counts.migrations(),
        newest,
        newest != null && newest.plus(settings.staleAfter()).isBefore(clock.instant()),
        !active.isEmpty() && active.stream().allMatch(PoolChoice::paused),
        installation.doubt().map(Doubt::sentence).orElse(null),
        back(request));
  }

  private static @Nullable PoolId known(List<PoolChoice> pools, @Nullable String id) {
    return pools.stream()
        .map(PoolChoice::id)
        .filter(p -> p.toString().equals(id))
        .findFirst()
        .orElse(null);
  }

  /**
   * Give the pool that the address is about, where a page is about one: what is picked above it has
   * to say so.
   */
  private static @Nullable String asked(HttpServletRequest request) {
    if (!OF_ONE_POOL.contains(page(request))) {
      return null;
    }
    var parts = path(request).split("/", 5);
    return parts.length > 3 ? parts[3] : request.getParameter("pool");
  }

  /** What a refused form left for its page comes before this. */
  @ModelAttribute(Entered.ATTRIBUTE)
  Entered entered() {
    return Entered.NOTHING;
  }

  private record PoolRow(long id, String name, boolean simulated, boolean paused, int hosts) {}

  private List<PoolChoice> pools() {
    return jdbc
        .sql(
            """
            select p.id, p.name, p.simulated, p.paused, cast(count(h.id) as int) as hosts
            from pool p left join host h on h.pool_id = p.id and h.removed_at is null
            group by p.id order by p.name
            """)
        .query(new SimplePropertyRowMapper<>(PoolRow.class))
        .list()
        .stream()
        .map(
            r -> new PoolChoice(new PoolId(r.id()), r.name(), r.simulated(), r.hosts(), r.paused()))
        .toList();
  }

  private record Counts(long recommendations, long migrations) {}

  private Counts counts(@Nullable PoolId pool) {
    return jdbc.sql(
            """
            select
              (select count(*) from recommendation where state = 'PROPOSED'
                and (cast(:pool as bigint) is null or pool_id = :pool)) as recommendations,
              (select count(*) from migration where state in ('PENDING', 'RUNNING', 'LOST')
                and (cast(:pool as bigint) is null or pool_id = :pool)) as migrations
            """)
        .param("pool", pool == null ? null : pool.value())
        .query(Counts.class)
        .single();
  }

  /** The navigation fetches itself from the overview's address and says which page it is on. */
  private static String page(HttpServletRequest request) {
    var asked = request.getParameter("page");
    var first =
        "nav".equals(request.getParameter("fragment")) && asked != null
            ? asked
            : entry(path(request).split("/", 4));
    return PAGES.contains(first) ? first : "overview";
  }

  /** An entry of the navigation is named by the first part of its path, or by the first two. */
  private static String entry(String[] parts) {
    if (parts.length > 1 && parts[1].equals("virtual-clusters")) {
      return "checkpoints";
    }
    return parts.length > 2 && (parts[1].equals("reports") || parts[1].equals("settings"))
        ? parts[1] + "/" + parts[2]
        : parts[1];
  }

  private static boolean changes(HttpServletRequest request) {
    return !request.getMethod().equals("GET") && !request.getMethod().equals("HEAD");
  }

  private static String back(HttpServletRequest request) {
    if (!request.getMethod().equals("GET")) {
      return "/";
    }
    return UriComponentsBuilder.fromPath(path(request))
        .query(request.getQueryString())
        .replaceQueryParam("fragment")
        .replaceQueryParam("shown")
        .build()
        .toUriString();
  }

  private static String path(HttpServletRequest request) {
    return request.getRequestURI().substring(request.getContextPath().length());
  }
}
