// What the real CloudWatch exporter reads out of files, without calling AWS.
//
// In: paths. Out: for each a line `<path> OK` and one line for each metric with all its fields, or `<path> FAIL <why>`.
// Never: a scrape, a server.

import io.prometheus.cloudwatch.CloudWatchCollector;
import java.io.FileReader;
import java.io.Reader;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.List;

public class CloudwatchRules {
  private static Object read(Object of, String name) throws Exception {
    Field field = of.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(of);
  }

  private static String shown(Object of) throws Exception {
    StringBuilder text = new StringBuilder();
    for (Field field : of.getClass().getDeclaredFields()) {
      Object value = read(of, field.getName());
      boolean nested = value != null && value.getClass().getName().endsWith("AWSTagSelect");
      text.append(' ').append(field.getName()).append('=').append(nested ? "{" + shown(value) + "}" : value);
    }
    return text.toString();
  }

  private static String oneLine(Object of) {
    String text = String.valueOf(of).replace('\n', ' ');
    return text.substring(0, Math.min(text.length(), 300));
  }

  public static void main(String[] paths) throws Exception {
    for (String path : paths) {
      try (Reader reader = new FileReader(path, StandardCharsets.UTF_8)) {
        Object collector = new CloudWatchCollector(reader);
        StringBuilder rules = new StringBuilder();
        for (Object rule : (List<?>) read(read(collector, "activeConfig"), "rules")) {
          rules.append("  ").append(shown(rule).replace('\n', ' ')).append('\n');
        }
        System.out.print(path + " OK\n" + rules);
      } catch (Exception e) {
        System.out.println(path + " FAIL " + oneLine(e));
      }
    }
  }
}
