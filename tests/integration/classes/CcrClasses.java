// Copyright (c) 2026, crosscluster.elasticsearch contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.elasticsearch.ElasticsearchException;
import org.elasticsearch.ExceptionsHelper;
import org.elasticsearch.action.ActionRequestValidationException;
import org.elasticsearch.common.Strings;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.xcontent.ChunkedToXContent;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.xcontent.ToXContent;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentParser;
import org.elasticsearch.xcontent.XContentParserConfiguration;
import org.elasticsearch.xcontent.json.JsonXContent;
import org.elasticsearch.xpack.core.ccr.AutoFollowMetadata;
import org.elasticsearch.xpack.core.ccr.AutoFollowStats;
import org.elasticsearch.xpack.core.ccr.ShardFollowNodeTaskStatus;
import org.elasticsearch.xpack.core.ccr.action.FollowInfoAction;
import org.elasticsearch.xpack.core.ccr.action.FollowStatsAction;
import org.elasticsearch.xpack.core.ccr.action.ForgetFollowerAction;
import org.elasticsearch.xpack.core.ccr.action.GetAutoFollowPatternAction;
import org.elasticsearch.xpack.core.ccr.action.PutAutoFollowPatternAction;
import org.elasticsearch.xpack.core.ccr.action.PutFollowAction;
import org.elasticsearch.xpack.core.ccr.action.ResumeFollowAction;

/**
 * Reads lines of a kind, a tab and JSON; writes for each what Elasticsearch's own classes make of it: the same printed
 * again, or the error that the server would answer.
 */
public class CcrClasses {
    private static final TimeValue TIMEOUT = TimeValue.timeValueSeconds(30);

    public static void main(String[] arguments) throws Exception {
        LogConfigurator.configureESLogging();
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line; (line = in.readLine()) != null;) {
            String[] parts = line.split("\t", 2);
            out.println(answer(parts[0], parts[1]));
        }
    }

    private static String answer(String kind, String json) throws IOException {
        try {
            return print(read(kind, json));
        } catch (Exception error) {
            try (XContentBuilder builder = JsonXContent.contentBuilder()) {
                builder.startObject();
                ElasticsearchException.generateFailureXContent(builder, ToXContent.EMPTY_PARAMS, error, true);
                builder.field("status", ExceptionsHelper.status(error).getStatus());
                return Strings.toString(builder.endObject());
            }
        }
    }

    private static ToXContent read(String kind, String json) throws Exception {
        XContentParser parser = parser(json);
        switch (kind) {
            case "put_follow": {
                var request = PutFollowAction.Request.fromXContent(TIMEOUT, TIMEOUT, parser);
                request.setFollowerIndex("f");
                return valid(request.validate(), request);
            }
            case "resume_follow": {
                var request = ResumeFollowAction.Request.fromXContent(TIMEOUT, parser, "f");
                return valid(request.validate(), request);
            }
            case "put_auto_follow": {
                var request = PutAutoFollowPatternAction.Request.fromXContent(TIMEOUT, TIMEOUT, parser, "p");
                return valid(request.validate(), request);
            }
            case "forget_follower": {
                ForgetFollowerAction.Request.fromXContent(parser, "l");
                return (builder, params) -> builder.startObject().endObject();
            }
            case "follow":
                Map<String, Object> flags = parser.map();
                return new PutFollowAction.Response(
                    (Boolean) flags.get("follow_index_created"),
                    (Boolean) flags.get("follow_index_shards_acked"),
                    (Boolean) flags.get("index_following_started")
                );
            case "info":
                return whole(new FollowInfoAction.Response(followers(parser.map())));
            case "stats": {
                List<FollowStatsAction.StatsResponse> shards = new ArrayList<>();
                for (Map<String, Object> index : list(parser.map(), "indices")) {
                    for (Map<String, Object> shard : list(index, "shards")) {
                        var status = ShardFollowNodeTaskStatus.fromXContent(parser(print(map(shard))));
                        shards.add(new FollowStatsAction.StatsResponse(status));
                    }
                }
                return whole(new FollowStatsAction.StatsResponses(List.of(), List.of(), shards));
            }
            case "auto_follow_stats":
                return AutoFollowStats.fromXContent(parser);
            case "patterns":
                return new GetAutoFollowPatternAction.Response(AutoFollowMetadata.fromXContent(parser).getPatterns());
            default:
                throw new IllegalArgumentException(kind);
        }
    }

    private static List<FollowInfoAction.Response.FollowerInfo> followers(Map<String, Object> answer) throws Exception {
        List<FollowInfoAction.Response.FollowerInfo> found = new ArrayList<>();
        for (Map<String, Object> one : list(answer, "follower_indices")) {
            @SuppressWarnings("unchecked")
            var given = (Map<String, Object>) one.get("parameters");
            var parameters = given == null
                ? null
                : ResumeFollowAction.Request.fromXContent(TIMEOUT, parser(print(map(given))), "f").getParameters();
            found.add(
                new FollowInfoAction.Response.FollowerInfo(
                    (String) one.get("follower_index"),
                    (String) one.get("remote_cluster"),
                    (String) one.get("leader_index"),
                    FollowInfoAction.Response.Status.fromString((String) one.get("status")),
                    parameters
                )
            );
        }
        return found;
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> list(Map<String, Object> map, String name) {
        return (List<Map<String, Object>>) map.get(name);
    }

    private static XContentParser parser(String json) throws IOException {
        return JsonXContent.jsonXContent.createParser(XContentParserConfiguration.EMPTY, json);
    }

    private static ToXContent map(Map<String, Object> content) {
        return (builder, params) -> builder.map(content);
    }

    private static ToXContent whole(ChunkedToXContent chunked) {
        return ChunkedToXContent.wrapAsToXContent(chunked);
    }

    private static ToXContent valid(ActionRequestValidationException problem, ToXContent request) {
        if (problem != null) {
            throw problem;
        }
        return request;
    }

    private static String print(ToXContent content) throws IOException {
        try (XContentBuilder builder = JsonXContent.contentBuilder()) {
            content.toXContent(builder, ToXContent.EMPTY_PARAMS);
            return Strings.toString(builder);
        }
    }
}
