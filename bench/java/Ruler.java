import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import software.amazon.event.ruler.Machine;

/** AWS event-ruler as a peer: prints the load time in ms, then answers each line of its input with a number. */
public final class Ruler {
  private static long kept = 0;

  public static void main(String[] args) throws Exception {
    List<String> events = Files.readAllLines(Path.of(args[1]));
    Machine machine = Machine.builder().build();
    long begin = System.nanoTime();
    for (String line : Files.readAllLines(Path.of(args[0]))) {
      int tab = line.indexOf('\t');
      machine.addRule(line.substring(0, tab), line.substring(tab + 1));
    }
    System.out.println((System.nanoTime() - begin) / 1e6);

    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    int[] at = {0};
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.equals("check")) System.out.println(check(machine, events));
      else System.out.println(round(machine, events, at, Double.parseDouble(line.substring("round ".length()))));
    }
  }

  /** How many matches all events have together. */
  private static long check(Machine machine, List<String> events) throws Exception {
    long matches = 0;
    for (String event : events) matches += machine.rulesForJSONEvent(event).size();
    return matches;
  }

  /** Matches for so long, going on where the last round stopped; ns an event. */
  private static double round(Machine machine, List<String> events, int[] at, double budgetMs) throws Exception {
    long begin = System.nanoTime();
    long done = 0;
    long elapsed;
    do {
      for (int step = 0; step < 50; step++) {
        kept += machine.rulesForJSONEvent(events.get(at[0])).size();
        at[0] = (at[0] + 1) % events.size();
      }
      done += 50;
      elapsed = System.nanoTime() - begin;
    } while (elapsed < budgetMs * 1e6);
    return (double) elapsed / done;
  }
}
