package org.dcbalance.console;

import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.IntegerSchema;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.parameters.QueryParameter;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import java.math.BigDecimal;
import java.util.Arrays;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.springdoc.core.customizers.GlobalOperationCustomizer;
import org.springdoc.core.utils.SpringDocUtils;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.info.BuildProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Describe the API at {@code /v3/api-docs}: what all operations share is said here. */
@Configuration(proxyBeanMethods = false)
class OpenApiDescription {
  private static final String TOKEN = "token";
  private static final String PROBLEM = "Problem";

  static {
    SpringDocUtils.getConfig()
        .addRequestWrapperToIgnore(CurrentOperator.class, Cursor.class)
        .replaceWithSchema(HostId.class, new IntegerSchema().format("int64"))
        .replaceWithSchema(VmId.class, new IntegerSchema().format("int64"))
        .replaceWithSchema(PoolId.class, new IntegerSchema().format("int64"));
  }

  @Bean
  OpenAPI api(ObjectProvider<BuildProperties> build) {
    var version = build.stream().map(BuildProperties::getVersion).findFirst().orElse("unknown");
    var components =
        new Components()
            .addSecuritySchemes(
                TOKEN, new SecurityScheme().type(SecurityScheme.Type.HTTP).scheme("bearer"));
    ModelConverters.getInstance(true)
        .read(ProblemBody.class)
        .forEach((name, schema) -> components.addSchemas(PROBLEM, schema));
    return new OpenAPI()
        .info(
            new Info()
                .title("DCbalance")
                .version(version)
                .description(
                    "Lists are {\"items\":[…],\"next\":…}: send \"next\" as \"after\" to read on."
                        + " Times are ISO 8601. Unknown properties are refused."))
        .components(components)
        .addSecurityItem(new SecurityRequirement().addList(TOKEN));
  }

  @Bean
  GlobalOperationCustomizer sharedByAllOperations() {
    return (operation, method) -> {
      if (Arrays.stream(method.getMethodParameters())
          .anyMatch(parameter -> parameter.getParameterType() == Cursor.class)) {
        addPaging(operation);
      }
      operation
          .getResponses()
          .addApiResponse(
              "default",
              new ApiResponse()
                  .description("Why it failed, and what to do.")
                  .content(
                      new Content()
                          .addMediaType(
                              "application/problem+json",
                              new MediaType()
                                  .schema(
                                      new Schema<>().$ref("#/components/schemas/" + PROBLEM)))));
      return operation;
    };
  }

  private static void addPaging(Operation operation) {
    operation
        .addParametersItem(
            new QueryParameter()
                .name("limit")
                .description("Rows wanted, " + Cursor.DEFAULT_LIMIT + " if left out.")
                .schema(
                    new IntegerSchema()
                        .minimum(BigDecimal.ONE)
                        .maximum(BigDecimal.valueOf(Cursor.MAX_LIMIT))))
        .addParametersItem(
            new QueryParameter()
                .name("after")
                .description("The \"next\" of the page before.")
                .schema(new StringSchema()));
  }
}
