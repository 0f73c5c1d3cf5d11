package org.dcbalance.strategy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.random.RandomGenerator;

@AnalyzeClasses(
    packages = {"org.dcbalance.strategy", "org.dcbalance.method"},
    importOptions = ImportOption.DoNotIncludeTests.class)
class StrategyPurityTest {
  @ArchTest
  static final ArchRule KNOWS_JAVA_AND_UNITS_ALONE =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java.lang..",
              "java.time..",
              "java.util..",
              "org.dcbalance.strategy",
              "org.dcbalance.method",
              "org.dcbalance.units",
              "org.jspecify.annotations");

  @ArchTest
  static final ArchRule KNOWS_NO_CHANCE =
      noClasses()
          .should()
          .dependOnClassesThat()
          .belongToAnyOf(
              Random.class,
              SplittableRandom.class,
              RandomGenerator.class,
              UUID.class,
              Clock.class,
              Thread.class);

  @ArchTest
  static final ArchRule READS_NO_CLOCK =
      noClasses()
          .should()
          .callMethod(Instant.class, "now")
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(System.class, "getenv", String.class)
          .orShould()
          .callMethod(System.class, "getProperty", String.class)
          .orShould()
          .callMethod(Math.class, "random");

  @ArchTest
  static final ArchRule KEEPS_NOTHING = noFields().that().areStatic().should().notBeFinal();
}
