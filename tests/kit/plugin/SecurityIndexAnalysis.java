// Copyright (c) 2026, crosscluster.elasticsearch contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package lab;

import java.util.regex.Pattern;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.email.UAX29URLEmailTokenizer;
import org.apache.lucene.analysis.miscellaneous.RemoveDuplicatesTokenFilter;
import org.apache.lucene.analysis.pattern.PatternCaptureGroupTokenFilter;
import org.elasticsearch.plugin.NamedComponent;
import org.elasticsearch.plugin.analysis.TokenFilterFactory;
import org.elasticsearch.plugin.analysis.TokenizerFactory;

/** The three names that the security index needs and that the small distribution lacks. */
public class SecurityIndexAnalysis {
    @NamedComponent("pattern_capture")
    public static class PatternCapture implements TokenFilterFactory {
        public TokenStream create(TokenStream input) {
            return new PatternCaptureGroupTokenFilter(input, true, Pattern.compile("([^@]+)"));
        }
    }

    @NamedComponent("unique")
    public static class Unique implements TokenFilterFactory {
        public TokenStream create(TokenStream input) {
            return new RemoveDuplicatesTokenFilter(input);
        }
    }

    @NamedComponent("uax_url_email")
    public static class UrlEmail implements TokenizerFactory {
        public Tokenizer create() {
            return new UAX29URLEmailTokenizer();
        }
    }
}
