package org.dcbalance.replay;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The replay needs no server and no database: the command line has neither. */
@AnalyzeClasses(
    packages = "org.dcbalance.replay",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ReplayPurityTest {
  @ArchTest
  static final ArchRule KNOWS_STRATEGIES_ALONE =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java.lang..",
              "java.time..",
              "java.util..",
              "org.dcbalance.replay",
              "org.dcbalance.strategy",
              "org.dcbalance.units",
              "org.jspecify.annotations");
}
