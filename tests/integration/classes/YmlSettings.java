// Copyright (c) 2026, crosscluster.elasticsearch contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.elasticsearch.common.Strings;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.xcontent.ToXContent;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.json.JsonXContent;

/** Reads files in base64, one a line; writes for each the flat settings that Elasticsearch starts with, or its error. */
public class YmlSettings {
    private static final ToXContent.Params FLAT = new ToXContent.MapParams(Map.of("flat_settings", "true"));

    public static void main(String[] arguments) throws Exception {
        LogConfigurator.configureESLogging();
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line; (line = in.readLine()) != null;) {
            try (XContentBuilder builder = JsonXContent.contentBuilder()) {
                builder.startObject();
                try {
                    var file = new ByteArrayInputStream(Base64.getDecoder().decode(line));
                    Settings settings = Settings.builder().loadFromStream("elasticsearch.yml", file, false).build();
                    builder.startObject("settings");
                    settings.toXContent(builder, FLAT);
                    builder.endObject();
                } catch (Exception error) {
                    builder.field("error", String.valueOf(error.getMessage()));
                }
                builder.endObject();
                out.println(Strings.toString(builder));
            }
        }
    }
}
